/** One connected browser profile: serves its frames, runs its jobs. Lives as long as its socket. */
import type { ExtensionFrame } from '../../shared/link/frame.ts';
import { API_ANSWER_BYTES, closeCode } from '../../shared/link/protocol.ts';
import type { CloseCode } from '../../shared/link/protocol.ts';
import type { CompanionStatus } from '../../shared/status.ts';
import type { OAuthResult, OAuthStart } from '../account/oauth/login-desk-contract.ts';
import { CompanionError, toCompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { TransportReply } from '../upstream/transport.ts';
import { SeatJobs } from './jobs.ts';
import type { JobRequest } from './jobs.ts';
import type { LinkHandlers, SessionPush, Notice } from './ports.ts';
import type { Rekeying } from './rekeying.ts';
import type { SealedSocket, SocketUser } from './sealed-socket.ts';

export interface SeatOptions {
  readonly id: string;
  readonly socket: SealedSocket;
  readonly handlers: LinkHandlers;
  /** Keeps the pair's key from growing old. */
  readonly rekeying: Pick<Rekeying, 'start' | 'accept' | 'stop'>;
  readonly log: Logger;
  /** The extension ended the pair. */
  readonly onUnpair: () => void;
  readonly onGone: (seat: Seat) => void;
}

export class Seat implements SocketUser {
  readonly id: string;
  readonly #socket: SealedSocket;
  readonly #handlers: LinkHandlers;
  readonly #rekeying: SeatOptions['rekeying'];
  readonly #log: Logger;
  readonly #onUnpair: () => void;
  readonly #onGone: (seat: Seat) => void;
  readonly #jobs: SeatJobs;

  constructor(options: SeatOptions) {
    this.id = options.id;
    this.#socket = options.socket;
    this.#handlers = options.handlers;
    this.#rekeying = options.rekeying;
    this.#log = options.log;
    this.#onUnpair = options.onUnpair;
    this.#onGone = options.onGone;
    this.#jobs = new SeatJobs(options.socket);
    this.#rekeying.start();
  }

  runJob(request: JobRequest, signal: AbortSignal): Promise<TransportReply> {
    return this.#jobs.run(request, signal);
  }

  /** Asks the extension to read the session again; it pushes only if the person allowed that. */
  requestSession(reason: string): void {
    this.#socket.post({ t: 'session.request', reason });
  }

  /** Left out for a browser that does not keep up: the next status says it all anyway. */
  showStatus(status: CompanionStatus): void {
    if (this.#socket.isCongested) return;
    this.#socket.send({ t: 'status', status }).catch((cause: unknown) => {
      if (this.#socket.isOpen) this.#log.warn({ seat: this.id, code: toCompanionError(cause).code }, 'status not sent');
    });
  }

  /** A login that waits for the person, what became of it, or a notice. */
  show(frame: OAuthStart | OAuthResult | Notice): void {
    this.#socket.post(frame);
  }

  /** Says so under seal first: a bare close code proves nothing about who sent it. */
  dismiss(): Promise<void> {
    return this.#socket.closeWith({ t: 'unpair' }, closeCode.unpaired, 'unpaired');
  }

  close(code: CloseCode, reason: string): void {
    this.#socket.close(code, reason);
  }

  onClosed(): void {
    this.#rekeying.stop();
    const text = 'The browser that carried this request is no longer connected.';
    this.#jobs.failAll(new CompanionError('SEAT_OFFLINE', text));
    this.#onGone(this);
  }

  receive(frame: ExtensionFrame, body: Uint8Array): void {
    switch (frame.t) {
      case 'job.head':
      case 'job.chunk':
      case 'job.end':
      case 'job.error':
        return this.#jobs.receive(frame, body);
      case 'session.push':
        return void this.#acceptPush(frame);
      case 'session.clear':
        return void this.#serve(frame.t, this.#handlers.onSessionClear(this.id, frame));
      case 'oauth.callback':
        return this.#handlers.onLoginCallback(this.id, frame);
      case 'oauth.cancel':
        return this.#handlers.onLoginCancel(this.id, frame);
      case 'login.begin':
        return void this.#change(frame.t, this.#handlers.onLoginBegin(this.id, frame.provider));
      case 'login.refresh':
        return void this.#change(frame.t, this.#handlers.onLoginRefresh(this.id, frame.id));
      case 'login.remove':
        return void this.#change(frame.t, this.#handlers.onLoginRemove(this.id, frame.id));
      case 'status.get':
        return this.showStatus(this.#handlers.status());
      case 'client-settings.get':
        return this.#socket.post({ t: 'client-settings', settings: this.#handlers.clientSettings() });
      case 'api.call':
        return void this.#call(frame, body);
      case 'exchange.stop':
        return this.#handlers.onExchangeStop(this.id, frame.exchangeId);
      case 'ping':
        return this.#socket.post({ t: 'pong' });
      case 'pong':
        return;
      case 'pair.commit':
        // Sent again because the first answer got lost with its socket: the pair stands.
        return this.#socket.post({ t: 'pair.committed' });
      case 'rekey.ack':
        return void this.#rekeying.accept(frame.id);
      case 'unpair':
        return this.#onUnpair();
      case 'error':
        return this.#log.warn({ seat: this.id, code: frame.code, ref: frame.ref }, 'the extension reports an error');
    }
  }

  async #acceptPush(push: SessionPush): Promise<void> {
    try {
      const { sessionId } = await this.#handlers.onSessionPush(this.id, push);
      this.#socket.post({ t: 'session.ack', rev: push.rev, ok: true, sessionId });
    } catch (thrown) {
      const { code, message } = this.#explain(thrown, push.t);
      this.#socket.post({ t: 'session.ack', rev: push.rev, ok: false, error: { code, message } });
    }
  }

  async #call(call: Extract<ExtensionFrame, { t: 'api.call' }>, body: Uint8Array): Promise<void> {
    const text = new TextDecoder().decode(body);
    await this.#serve(call.id, this.#answerCall(call, text));
  }

  async #answerCall(call: Extract<ExtensionFrame, { t: 'api.call' }>, body: string): Promise<void> {
    const answer = await this.#handlers.onApiCall(this.id, call, body);
    const bytes = Buffer.from(answer.body);
    if (bytes.length > API_ANSWER_BYTES) throw tooMuch(call.path);
    await this.#socket.send({ t: 'api.answer', id: call.id, status: answer.status }, bytes);
  }

  /** Answered by the status that it led to. */
  async #change(frameType: string, work: Promise<void>): Promise<void> {
    if (await this.#serve(frameType, work)) this.showStatus(this.#handlers.status());
  }

  /** `false` when it failed: then the extension was told. */
  async #serve(ref: string, work: Promise<void>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (thrown) {
      const { code, message, retry } = this.#explain(thrown, ref);
      this.#socket.post({ t: 'error', code, message, ref, retryable: retry === 'same' });
      return false;
    }
  }

  #explain(thrown: unknown, frameType: string): CompanionError {
    const error = toCompanionError(thrown);
    this.#log.warn({ seat: this.id, frame: frameType, code: error.code }, 'a frame could not be served');
    return error;
  }
}

function tooMuch(path: string): CompanionError {
  const route = path.split('?', 1)[0] ?? '';
  return new CompanionError('INVALID_REQUEST', `The answer of ${route} is too long for the link: ask for less of it.`);
}
