/**
 * One try of one candidate: the client's bytes as they are where the wire is the same, else decoded, asked in the
 * upstream's own form and told as hub events. Resolves when the answer has truly begun.
 */
import type { LeasedCredential } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import type { ApiCandidate, Candidate, ClaudeCodeCandidate, WebCandidate } from '../router/plan.ts';
import { resolveModel } from '../router/model-map.ts';
import type { SessionRecord } from '../store/store.ts';
import type { ApiUpstream } from '../upstream/api-upstream.ts';
import type { RawReply } from '../upstream/raw-transport.ts';
import type { Upstream, UpstreamReply } from '../upstream/upstream.ts';
import type { DecodedRequest, Stamp, Warning } from '../wire/codec.ts';
import type { HubEvent } from '../wire/hub/event.ts';
import { modelFacts } from '../wire/model-facts.ts';
import type { ModelFacts } from '../wire/model-facts.ts';
import { replaceMember } from '../wire/peek.ts';
import type { PeekedString } from '../wire/peek.ts';
import type { ExchangeRequest } from './exchange.ts';
import { primed } from './prime.ts';
import type { ThinkingMemory } from './thinking-memory.ts';

/** What an exchange tells about the session that serves it. */
export interface SessionHealth {
  /** Rejects when the session cannot serve after all. */
  prepare(session: SessionRecord): Promise<SessionRecord>;
  /** `session` as it was when it served: a newer sync is not judged by an older exchange. */
  noteSuccess(session: SessionRecord): void;
  noteFailure(session: SessionRecord, error: CompanionError): void;
}

export interface AttemptContext {
  readonly request: ExchangeRequest;
  readonly model: PeekedString | undefined;
  readonly stamp: Stamp;
  readonly signal: AbortSignal;
  /** The body as JSON, parsed once however many candidates need it. Throws `INVALID_REQUEST`. */
  readonly parsed: () => unknown;
}

export interface AttemptServices {
  readonly api: ApiUpstream;
  readonly claudeWeb: Upstream<SessionRecord>;
  /** Has credentials of its own. */
  readonly claudeCode: Upstream<undefined>;
  readonly sessions: SessionHealth;
  readonly thinking: ThinkingMemory;
}

export type Begun = {
  /** As it was prepared; differs from the planned one when a session was identified only now. */
  readonly candidate: Candidate;
} & (
  | {
      readonly kind: 'relay';
      /** What opened the provider. */
      readonly leased: LeasedCredential;
      readonly reply: RawReply;
      /** Where the client's bytes had to be bent to the provider. */
      readonly warnings: readonly Warning[];
      /** What the reply means if it refuses the key rather than the request. */
      readonly refusal: CompanionError | undefined;
    }
  | {
      readonly kind: 'events';
      readonly decoded: DecodedRequest;
      /** The whole answer, its first events included. */
      readonly events: AsyncIterable<HubEvent>;
      readonly warnings: readonly Warning[];
      readonly transport: UpstreamReply['transport'];
    }
);

/** What is known of a web attempt when it fails. */
export interface WebAttempt {
  session: SessionRecord;
  hasReply: boolean;
}

/** Carries the client's own bytes. Another model name is spliced in; no other byte changes. */
export async function relay(
  services: AttemptServices,
  candidate: ApiCandidate,
  key: LeasedCredential,
  context: AttemptContext,
): Promise<Begun> {
  const { request, model, signal } = context;
  const { provider } = candidate;
  const isRenamed = model !== undefined && candidate.model !== undefined && candidate.model !== model.value;
  const body =
    isRenamed && Buffer.isBuffer(request.body)
      ? replaceMember(request.body, model.range, candidate.model)
      : request.body;
  const { method, target, rawHeaders } = request;
  const { reply, refusal, warnings } = await services.api.relay(
    { provider, key, model: candidate.model, method, target, rawHeaders, body },
    signal,
  );
  return { kind: 'relay', candidate, leased: key, reply, refusal, warnings };
}

/** Asks a provider of another wire. */
export async function translate(
  services: AttemptServices,
  candidate: ApiCandidate,
  key: LeasedCredential,
  context: AttemptContext,
): Promise<Begun> {
  const { api, thinking } = services;
  const { provider } = candidate;
  const model = candidate.model ?? '';
  const codec = api.codecOf(provider);
  const decoded = decode(context, codec.factsOf(model), thinking, provider.id);
  const encoded = codec.encodeRequest(decoded, model);
  const { stamp, signal } = context;
  const answer = await api.send({ provider, key, model, encoded, isStream: decoded.isStream, stamp }, signal);
  const warnings = [...decoded.warnings, ...encoded.warnings];
  return { kind: 'events', candidate, decoded, warnings, transport: 'direct', events: await primed(answer) };
}

/** Asks claude.ai. `attempt` tells how far it came, should it fail. */
export async function askWeb(
  services: AttemptServices,
  candidate: WebCandidate,
  attempt: WebAttempt,
  context: AttemptContext,
  describe: (reply: UpstreamReply, session: SessionRecord) => void,
): Promise<Begun> {
  const session = await services.sessions.prepare(candidate.session);
  attempt.session = session;
  // A session that was only identified now has told its models now.
  const model = resolveModel(candidate.model, session.models) ?? candidate.model;
  // claude.ai has no tools, so a schema cannot travel as a forced one.
  const facts = { ...modelFacts(model), hasNativeJsonSchema: true };
  const decoded = decode(context, facts, services.thinking, 'claude-web');
  const request = { hub: decoded.hub, model, credential: session, client: context.request.client };
  const reply = await services.claudeWeb.send(request, context.signal);
  attempt.hasReply = true;
  describe(reply, session);
  return {
    kind: 'events',
    candidate: { ...candidate, session, model },
    decoded,
    warnings: [...decoded.warnings, ...reply.warnings],
    transport: reply.transport,
    events: await primed(reply.events),
  };
}

/** Asks the person's own Claude Code. */
export async function askClaudeCode(
  services: AttemptServices,
  candidate: ClaudeCodeCandidate,
  context: AttemptContext,
): Promise<Begun> {
  const { model } = candidate;
  const decoded = decode(context, modelFacts(model), services.thinking, 'claude-code');
  const request = { hub: decoded.hub, model, credential: undefined, client: context.request.client };
  const reply = await services.claudeCode.send(request, context.signal);
  const warnings = [...decoded.warnings, ...reply.warnings];
  return { kind: 'events', candidate, decoded, warnings, transport: 'direct', events: await primed(reply.events) };
}

function decode(
  { request, parsed }: AttemptContext,
  facts: ModelFacts,
  thinking: ThinkingMemory,
  scope: string,
): DecodedRequest {
  return request.dialect.decodeRequest(parsed(), facts, (toolUseId) => thinking.recall(scope, toolUseId));
}

/** Parses at most once. */
export function lazyJson(body: ExchangeRequest['body']): () => unknown {
  let parsed: { readonly value: unknown } | undefined;
  return () => (parsed ??= { value: parseBody(body) }).value;
}

function parseBody(body: ExchangeRequest['body']): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '');
  } catch {
    throw new CompanionError('INVALID_REQUEST', 'The body is not valid JSON.');
  }
}
