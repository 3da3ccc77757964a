/** Everything of a request beside the conversation and its tools. */
import { createHash } from 'node:crypto';
import type { ChatQuirks } from '../../../../shared/api-provider.ts';
import type { DecodedRequest } from '../../codec.ts';
import type { HubMessageParam, HubRequest } from '../../hub/request.ts';
import type { Warn } from '../../openai/warnings.ts';
import type { ChatBody } from './body.ts';
import { modelTraits } from './model-traits.ts';

export interface OptionContext {
  readonly quirks: ChatQuirks;
  readonly model: string;
  readonly warn: Warn;
}

/** The limit under the server's name for it; none where the client named none. */
export function encodeLimit(
  { hub, hasDefaultMaxTokens }: DecodedRequest,
  { quirks, warn }: OptionContext,
): Partial<ChatBody> {
  if (hasDefaultMaxTokens) return {};
  // 0 only warms Anthropic's cache; elsewhere an answer has at least one token.
  if (hub.max_tokens === 0) warn('max_tokens', 'raised to 1');
  return { [quirks.maxTokensField]: Math.max(1, hub.max_tokens) };
}

export function encodeSampling(hub: HubRequest, hasEffort: boolean, context: OptionContext): Partial<ChatBody> {
  const { quirks, model, warn } = context;
  const { sampling } = modelTraits(model);
  const mayBeSet = sampling === 'always' || (sampling === 'without-effort' && !hasEffort);
  const fields = { temperature: hub.temperature ?? undefined, top_p: hub.top_p ?? undefined };
  for (const [field, value] of Object.entries(fields)) {
    if (!mayBeSet && value !== undefined && value !== 1) warn(field, 'this model takes none');
  }
  if (!mayBeSet) return {};
  return {
    ...(fields.temperature !== undefined && { temperature: atLeast(fields.temperature, quirks.leastTemperature) }),
    ...(fields.top_p !== undefined && { top_p: fields.top_p }),
  };
}

function atLeast(temperature: number, least: number | null): number {
  return least === null ? temperature : Math.max(least, temperature);
}

/** The most that any server takes. */
const MAX_STOPS = 4;

export interface EncodedStops {
  readonly fields: Partial<ChatBody>;
  /** The ones that the server is not told. */
  readonly localStops: readonly string[];
}

export function encodeStops({ stop_sequences: sequences }: HubRequest, { quirks, model }: OptionContext): EncodedStops {
  const wanted = [...new Set(sequences ?? [])].filter((sequence) => sequence !== '');
  const count = quirks.takesStop && modelTraits(model).takesStop ? MAX_STOPS : 0;
  const told = wanted.slice(0, count);
  return { fields: told.length === 0 ? {} : { stop: told }, localStops: wanted.slice(count) };
}

/** Weakest first, as all servers together know them. */
const scale = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

export function encodeEffort(hub: HubRequest, { quirks, model, warn }: OptionContext): Partial<ChatBody> {
  const wanted = wantedEffort(hub);
  if (wanted === undefined) return {};
  if (quirks.efforts.length === 0 || !modelTraits(model).takesEffort) {
    warn(hub.thinking ? 'thinking' : 'output_config.effort', 'this model has no such setting');
    return {};
  }
  const { takesExtraHigh } = modelTraits(model);
  const efforts = quirks.efforts.filter((effort) => takesExtraHigh || (effort !== 'xhigh' && effort !== 'max'));
  return { reasoning_effort: nearestEffort(wanted, efforts) };
}

function wantedEffort(hub: HubRequest): string | undefined {
  const { thinking } = hub;
  switch (thinking?.type) {
    case 'disabled':
      return undefined;
    case 'enabled':
      return effortOfBudget(thinking.budget_tokens);
    case undefined:
      return namedEffort(hub);
    default:
      return namedEffort(hub) ?? 'medium';
  }
}

/** An instruction in the middle of the conversation may change the effort for what follows it. */
function namedEffort({ messages, output_config: output }: HubRequest): string | undefined {
  const efforts = messages.map((message) => {
    const { role, output_config: own } = message as HubMessageParam & { output_config?: { effort?: unknown } | null };
    return role === 'system' && typeof own?.effort === 'string' ? own.effort : undefined;
  });
  return efforts.findLast((effort) => effort !== undefined) ?? output?.effort ?? undefined;
}

function effortOfBudget(tokens: number): string {
  if (tokens <= 2048) return 'low';
  return tokens <= 12_288 ? 'medium' : 'high';
}

/** Of two equally near ones the weaker. `none` is nobody's nearest: it would switch off what was asked for. */
function nearestEffort(wanted: string, supported: readonly string[]): string {
  const place = (effort: string): number => (scale as readonly string[]).indexOf(effort);
  const known = supported.filter((effort) => place(effort) > 0).toSorted((a, b) => place(a) - place(b));
  const distance = (effort: string): number => Math.abs(place(effort) - place(wanted));
  const [nearest] = known.toSorted((a, b) => distance(a) - distance(b));
  return nearest ?? supported[0] ?? wanted;
}

/** Clients put more into the id than the field takes, and more than the provider has to know: a digest tells users apart. */
export function encodeUser({ metadata }: HubRequest, { quirks, warn }: OptionContext): Partial<ChatBody> {
  const id = metadata?.user_id;
  if (!id) return {};
  if (quirks.takesUser) return { user: createHash('sha256').update(id).digest('hex') };
  warn('metadata.user_id', 'this provider has no such field');
  return {};
}

/** Fields of the hub that have a place in the translation. */
const known: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'metadata',
  'stop_sequences',
  'temperature',
  'top_p',
  'thinking',
  'output_config',
  'tools',
  'tool_choice',
]);

/** Each field that is set and has no place, known or not; caching is the one that these servers do unasked. */
export function warnDropped(hub: HubRequest, warn: Warn): void {
  for (const [field, value] of Object.entries(hub)) {
    if (known.has(field) || value === undefined || value === null) continue;
    if (field === 'service_tier' && value === 'auto') continue;
    warn(field, field === 'cache_control' ? cacheReason : 'has no counterpart');
  }
  if (hasCacheMark(hub)) warn('cache_control', cacheReason);
}

const cacheReason = 'this provider caches by itself';

function hasCacheMark({ system, tools, messages }: HubRequest): boolean {
  const blocks: readonly object[] = [
    ...(typeof system === 'string' ? [] : (system ?? [])),
    ...(tools ?? []),
    ...messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content)),
  ];
  return blocks.some((block) => Boolean((block as { cache_control?: unknown }).cache_control));
}
