/**
 * claude.ai as an upstream: one request is one conversation there, temporary and deleted afterwards unless configured
 * otherwise. Files go up first, the answer streams back, and leaving the stream ends the generation.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { QuotaWindow } from '../../shared/quota.ts';
import { CompanionError, toCompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { SessionRecord } from '../store/store.ts';
import { composeWebPlan } from '../wire/claude-web/compose.ts';
import type { WebPlan } from '../wire/claude-web/compose.ts';
import type { WebUpload } from '../wire/claude-web/content.ts';
import { completionBody, conversationBody, readFileId, uploadBody } from '../wire/claude-web/complete.ts';
import { webStreamCodec } from '../wire/claude-web/stream.ts';
import { judgeWays } from '../wire/claude-web/verdict.ts';
import type { FailedWay } from '../wire/claude-web/verdict.ts';
import type { HubEvent } from '../wire/hub/event.ts';
import { decodeStream } from '../wire/sse.ts';
import { askClaude, sendToClaude } from './claude-api.ts';
import { fetchRemoteFile } from './remote-file.ts';
import type { RemoteFile } from './remote-file.ts';
import type { Transport, TransportReply } from './transport.ts';
import type { Upstream, UpstreamReply, UpstreamRequest } from './upstream.ts';

export interface ClaudeWebOptions {
  /** The ways to the site that are open for a session now, best first. */
  readonly transportsOf: (session: SessionRecord) => readonly Transport[];
  readonly onQuotas: (sessionId: string, windows: readonly QuotaWindow[]) => void;
  readonly isTemporary: boolean;
  readonly deletesAfter: boolean;
  /** Characters of text above which it travels as an attachment. */
  readonly attachAbove: number;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly fetchFile?: (url: string, signal: AbortSignal) => Promise<RemoteFile>;
}

interface Conversation {
  readonly transport: Transport;
  readonly path: string;
  readonly client: string;
}

const fileLimits = { maxBytes: 30 * 1024 * 1024, timeoutMs: 30_000, maxRedirects: 3 } as const;
const deleteTimeoutMs = 10_000;

export class ClaudeWebUpstream implements Upstream<SessionRecord> {
  readonly #options: ClaudeWebOptions;
  readonly #cleanUps = new Set<Promise<void>>();
  /** For each session the way that served where another's copy of it was dead; until it is synced anew. */
  readonly #goodWays = new Map<string, { readonly syncedAtMs: number; readonly kind: Transport['kind'] }>();
  /** The person's time zone and language, asked of the system once: it takes longer than the rest of a request. */
  #place: Intl.ResolvedDateTimeFormatOptions | undefined;

  constructor(options: ClaudeWebOptions) {
    this.#options = options;
  }

  /**
   * Tries the open ways in turn; a way that fails before the answer began is followed by the next. `SESSION_EXPIRED` only
   * when every copy of the session is dead.
   */
  async send(request: UpstreamRequest<SessionRecord>, signal: AbortSignal): Promise<UpstreamReply> {
    const plan = composeWebPlan(request.hub, { attachAbove: this.#options.attachAbove });
    const failed: FailedWay[] = [];
    for (const transport of this.#waysOf(request.credential)) {
      try {
        const reply = await this.#sendOver(transport, request, plan, signal);
        this.#noteWay(request.credential, transport, failed);
        return reply;
      } catch (cause) {
        const error = toCompanionError(cause);
        if (!mayOtherWayDoBetter(error)) throw error;
        failed.push({ kind: transport.kind, error });
        this.#options.logger.info({ code: error.code, transport: transport.kind }, 'way to claude.ai failed');
      }
    }
    throw judgeWays(failed) ?? noWay(request.credential);
  }

  /** A copy that is known to be dead is asked last: the browser may have signed in again since. */
  #waysOf(session: SessionRecord): readonly Transport[] {
    const ways = this.#options.transportsOf(session);
    const good = this.#goodWays.get(session.id);
    if (good?.syncedAtMs !== session.syncedAtMs) return ways;
    return ways.toSorted((one, other) => Number(other.kind === good.kind) - Number(one.kind === good.kind));
  }

  #noteWay({ id, syncedAtMs }: SessionRecord, { kind }: Transport, failed: readonly FailedWay[]): void {
    const hasDeadCopy = failed.some(({ error }) => error.code === 'SESSION_EXPIRED');
    if (hasDeadCopy) this.#goodWays.set(id, { syncedAtMs, kind });
  }

  /** Resolves when every conversation that was to be deleted is, or has failed to be. */
  async settle(): Promise<void> {
    // One clean-up may end in another.
    while (this.#cleanUps.size > 0) await Promise.allSettled(this.#cleanUps);
  }

  async #sendOver(
    transport: Transport,
    request: UpstreamRequest<SessionRecord>,
    plan: WebPlan,
    signal: AbortSignal,
  ): Promise<UpstreamReply> {
    const organisation = organisationOf(request.credential);
    const { client } = request;
    const files = await this.#upload(transport, organisation, plan.uploads, client, signal);
    const conversation = await this.#createConversation(transport, organisation, request, plan, signal);
    try {
      const reply = await this.#complete(conversation, request, plan, files, signal);
      const events = this.#readAnswer(conversation, request, plan, reply);
      return { transport: transport.kind, warnings: plan.warnings, events };
    } catch (cause) {
      this.#deleteLater(conversation);
      throw cause;
    }
  }

  async #upload(
    transport: Transport,
    organisation: string,
    uploads: readonly WebUpload[],
    client: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const upload of uploads) {
      const file = await this.#contentOf(upload, signal);
      const { contentType, body } = uploadBody(
        { name: upload.name, ...file },
        `companion-${randomBytes(16).toString('hex')}`,
      );
      const path = `/api/${organisation}/upload`;
      const reply = await askClaude(
        transport,
        { method: 'POST', path, client, body: { bytes: body, contentType } },
        this.#options.nowMs,
        signal,
      );
      ids.push(readFileId(reply));
    }
    return ids;
  }

  async #contentOf(upload: WebUpload, signal: AbortSignal): Promise<RemoteFile> {
    if (upload.source.kind === 'bytes') return { bytes: upload.source.bytes, mediaType: upload.mediaType };
    const fetchFile = this.#options.fetchFile ?? ((url, abort) => fetchRemoteFile(url, fileLimits, abort));
    return fetchFile(upload.source.url, signal);
  }

  async #createConversation(
    transport: Transport,
    organisation: string,
    request: UpstreamRequest<SessionRecord>,
    plan: WebPlan,
    signal: AbortSignal,
  ): Promise<Conversation> {
    const id = randomUUID();
    const path = `/api/organizations/${organisation}/chat_conversations`;
    const json = conversationBody({
      id,
      model: request.model,
      isTemporary: this.#options.isTemporary,
      thinking: plan.thinking,
    });
    const conversation = { transport, path: `${path}/${id}`, client: request.client };
    const creation = { method: 'POST', path, client: request.client, body: { json } } as const;
    await this.#finishOrCleanUp(conversation, signal, (patient) =>
      askClaude(transport, creation, this.#options.nowMs, patient),
    );
    return conversation;
  }

  /**
   * The site may create the conversation although nobody waits for its answer any more: then the creation is seen to its
   * end behind the scenes, so that what it made can be deleted.
   */
  async #finishOrCleanUp(
    conversation: Conversation,
    signal: AbortSignal,
    create: (patient: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    signal.throwIfAborted();
    const patience = new AbortController();
    const creation = create(patience.signal);
    const abandoned = Promise.withResolvers<never>();
    const abandon = () => {
      abandoned.reject(signal.reason);
      const timer = setTimeout(() => patience.abort(), deleteTimeoutMs);
      this.#track(
        creation.then(
          () => this.#deleteLater(conversation),
          () => undefined,
        ),
      );
      void creation.finally(() => clearTimeout(timer)).catch(() => undefined);
    };
    signal.addEventListener('abort', abandon, { once: true });
    try {
      await Promise.race([creation, abandoned.promise]);
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  }

  #complete(
    conversation: Conversation,
    request: UpstreamRequest<SessionRecord>,
    plan: WebPlan,
    files: readonly string[],
    signal: AbortSignal,
  ): Promise<TransportReply> {
    this.#place ??= Intl.DateTimeFormat().resolvedOptions();
    const { timeZone, locale } = this.#place;
    const json = completionBody({ ...plan, model: request.model, files, timezone: timeZone, locale });
    return sendToClaude(
      conversation.transport,
      {
        method: 'POST',
        path: `${conversation.path}/completion`,
        client: conversation.client,
        accept: 'text/event-stream',
        body: { json },
      },
      this.#options.nowMs,
      signal,
    );
  }

  async *#readAnswer(
    conversation: Conversation,
    request: UpstreamRequest<SessionRecord>,
    plan: WebPlan,
    reply: TransportReply,
  ): AsyncGenerator<HubEvent> {
    const codec = webStreamCodec({
      model: request.hub.model,
      messageId: `msg_${randomBytes(12).toString('hex')}`,
      inputTokenEstimate: plan.inputTokenEstimate,
      stopSequences: plan.stopSequences,
      observedAtMs: this.#options.nowMs(),
    });
    try {
      for await (const output of decodeStream(reply.body, codec)) {
        switch (output.kind) {
          case 'event':
            yield output.event;
            break;
          case 'quota':
            this.#options.onQuotas(request.credential.id, output.windows);
            break;
          case 'skipped':
            this.#options.logger.debug({ frames: output.frames }, 'claude.ai sent frames of an unknown kind');
            break;
          case 'error':
            throw output.error;
          case 'stopped':
            return;
        }
      }
    } finally {
      this.#deleteLater(conversation);
    }
  }

  /** The answer does not wait for it; a conversation that cannot be deleted is temporary anyway. */
  #deleteLater(conversation: Conversation): void {
    if (this.#options.deletesAfter) this.#track(this.#delete(conversation));
  }

  #track(task: Promise<void>): void {
    const cleanUp = task.finally(() => this.#cleanUps.delete(cleanUp));
    this.#cleanUps.add(cleanUp);
  }

  async #delete({ transport, path, client }: Conversation): Promise<void> {
    try {
      const signal = AbortSignal.timeout(deleteTimeoutMs);
      const reply = await sendToClaude(transport, { method: 'DELETE', path, client }, this.#options.nowMs, signal);
      for await (const _chunk of reply.body);
    } catch (cause) {
      this.#options.logger.info({ code: toCompanionError(cause).code }, 'conversation was not deleted');
    }
  }
}

/** The site itself has not judged the request, or only the copy of the session that this way carried. */
function mayOtherWayDoBetter(error: CompanionError): boolean {
  switch (error.code) {
    case 'SESSION_EXPIRED':
    case 'SESSION_REQUIRED':
    case 'CHALLENGE':
    case 'SEAT_OFFLINE':
    case 'BROWSER_JOB_FAILED':
    case 'SITE_PERMISSION_MISSING':
    case 'CONSENT_MISSING':
    case 'UPSTREAM_UNREACHABLE':
    case 'CONNECT_TIMEOUT':
      return true;
    default:
      return false;
  }
}

function noWay(session: SessionRecord): CompanionError {
  return session.restsIn === 'browser'
    ? new CompanionError('SEAT_OFFLINE', `The browser that holds the session of ${session.name} is not connected.`)
    : new CompanionError('SEAT_OFFLINE', `No browser is connected that could carry the request for ${session.name}.`);
}

function organisationOf(session: SessionRecord): string {
  if (session.organisationId === null) {
    throw new CompanionError('ORGANISATION_UNUSABLE', `No organisation of ${session.name} may chat.`);
  }
  return encodeURIComponent(session.organisationId);
}
