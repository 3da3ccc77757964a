/** What every stand-in of a provider tells of its server. */
import type { Abortion, RecordedRequest } from './record.ts';
import type { RunningServer } from './server.ts';

export class StandIn {
  protected readonly server: RunningServer;

  constructor(server: RunningServer) {
    this.server = server;
  }

  get port(): number {
    return this.server.port;
  }

  /** All that arrived whole, in order; an entry goes on to change until its outcome is known. `key` names who asked. */
  get requests(): readonly RecordedRequest[] {
    return this.server.requests;
  }

  /** Clients that left before the end of their answer, or of their own request. */
  get abortions(): readonly Abortion[] {
    return this.server.abortions;
  }

  /** Faults of the stand-in itself; a good test ends with none. */
  get failures(): readonly string[] {
    return this.server.failures;
  }

  get openConnections(): number {
    return this.server.openConnections;
  }

  close(): Promise<void> {
    return this.server.close();
  }
}
