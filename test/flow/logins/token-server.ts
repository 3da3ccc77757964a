/** A login server on loopback whose refresh tokens work once: one that comes again revokes the whole family. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What it does instead of its work, with the next requests. */
export type Trouble = 'none' | '500' | '429' | 'hang' | 'garbage';

export class TokenServer {
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  /** Refresh tokens that came, in their order. */
  readonly asked: string[] = [];
  #number = 0;
  #isRevoked = false;
  trouble: Trouble = 'none';
  /** How long the tokens last that it hands out. */
  lifeSeconds = 28_800;
  /** Between the rotation and the answer. */
  delayMs = 0;

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    onTestFinished(() => {
      this.#server.closeAllConnections();
      this.#server.close();
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/token`;
  }

  /** The pair that works now. */
  get access(): string {
    return `CANARY-access-${this.#number}`;
  }

  get refresh(): string {
    return `CANARY-refresh-${this.#number}`;
  }

  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  /** Somebody signed in anew. */
  signIn(): void {
    this.#number += 1;
    this.#isRevoked = false;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const bytes of request) body += String(bytes);
    const { refresh_token: token } = JSON.parse(body) as { refresh_token: string };
    this.asked.push(token);
    const isMade = this.#trouble(response);
    if (isMade) return;
    if (this.#isRevoked || token !== this.refresh) {
      this.#isRevoked = true;
      send(response, 400, { error: 'invalid_grant' });
      return;
    }
    this.#number += 1;
    const answer = { access_token: this.access, refresh_token: this.refresh, expires_in: this.lifeSeconds };
    setTimeout(() => send(response, 200, answer), this.delayMs);
  }

  #trouble(response: ServerResponse): boolean {
    switch (this.trouble) {
      case 'none':
        return false;
      case '500':
        send(response, 500, { error: 'server_error' });
        return true;
      case '429':
        send(response, 429, { error: 'slow_down' });
        return true;
      case 'garbage':
        response.end('<html>no tokens here');
        return true;
      case 'hang':
        return true;
    }
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' }).end(JSON.stringify(body));
}
