/** A browser that was unpaired while we were away comes back once to say so. It may say nothing else. */
import type { ExtensionFrame } from '../../shared/link/frame.ts';
import { closeCode, HANDSHAKE_TIMEOUT_MS } from '../../shared/link/protocol.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { SealedSocket, SocketUser } from './sealed-socket.ts';

export interface FarewellOptions {
  readonly socket: Pick<SealedSocket, 'close' | 'closeWith'>;
  readonly clock: Clock;
  /** Ends the pair. */
  readonly unpair: () => Promise<unknown>;
}

export class Farewell implements SocketUser {
  readonly #options: FarewellOptions;
  readonly #timer: Timer;

  constructor(options: FarewellOptions) {
    this.#options = options;
    this.#timer = options.clock.setTimer(
      () => options.socket.close(closeCode.handshakeTimeout, 'no unpair in time'),
      HANDSHAKE_TIMEOUT_MS,
    );
  }

  onClosed(): void {
    this.#timer.cancel();
  }

  /** Confirmed under seal, and only when the pair is gone: until then the extension remembers that it owes this. */
  async receive(frame: ExtensionFrame): Promise<void> {
    const { socket, unpair } = this.#options;
    if (frame.t !== 'unpair') return socket.close(closeCode.badFrame, 'a farewell may only say unpair');
    await unpair();
    await socket.closeWith({ t: 'unpair' }, closeCode.unpaired, 'unpaired');
  }
}
