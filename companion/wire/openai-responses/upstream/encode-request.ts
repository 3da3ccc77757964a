/** A hub request as the ChatGPT backend takes it: streamed, not stored, and without what it refuses to hear. */
import type { DecodedRequest, EncodedRequest } from '../../codec.ts';
import { estimateRequestTokens } from '../../hub/estimate.ts';
import { schemaInstruction } from '../../hub/json-instruction.ts';
import { isObjectSchema, resolveRoot } from '../../hub/json-schema.ts';
import type { HubRequest } from '../../hub/request.ts';
import { placedFields, warnDropped } from '../../openai/dropped-fields.ts';
import { nearestEffort, wantedEffort } from '../../openai/effort.ts';
import { joinTexts, systemText } from '../../openai/hub-turns.ts';
import { modelTraits } from '../../openai/model-traits.ts';
import { fitStrictSchema } from '../../openai/strict-schema.ts';
import { createTargetIds } from '../../openai/target-tool-id.ts';
import { targetToolName } from '../../openai/target-tool-name.ts';
import { createWarnings } from '../../openai/warnings.ts';
import type { Warn } from '../../openai/warnings.ts';
import type { ResponsesBody } from './body.ts';
import { conversationKey } from './cache-key.ts';
import { encodeInput } from './input.ts';
import type { ResponsesUpstreamMemo } from './memo.ts';
import { encodeTools } from './tools.ts';

/** Throws `INVALID_REQUEST` for content that this wire has no form for; what else is lost is in the warnings. */
export function encodeResponsesRequest(request: DecodedRequest, model: string): EncodedRequest {
  const { hub } = request;
  const { warn, list } = createWarnings();
  const { format, instruction } = encodeFormat(hub);
  const instructions = joinTexts([systemText(hub.system, warn), instruction]);
  const key = conversationKey(hub, model, instructions);
  const body: ResponsesBody = {
    model,
    instructions,
    input: encodeInput(hub, { targetId: createTargetIds('any'), warn }),
    ...encodeTools(hub, warn),
    ...encodeReasoning(hub, model),
    ...(format !== undefined && { text: { format } }),
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: key,
  };
  warnOfLimits(request, warn);
  warnDropped(hub, placedFields, warn);
  return { path: '/responses', headers: { session_id: key }, body, warnings: list(), memo: memoFor(hub, model) };
}

type TextFormat = NonNullable<ResponsesBody['text']>['format'];

interface EncodedFormat {
  readonly format?: TextFormat;
  /** For the instructions; empty if the format says it all. */
  readonly instruction: string;
}

/** A schema whose root is no object is asked for in words: it is refused as a format. */
function encodeFormat({ output_config: output }: HubRequest): EncodedFormat {
  const wanted = output?.format?.schema;
  if (wanted === undefined || wanted === null) return { instruction: '' };
  const schema = resolveRoot(wanted);
  if (!isObjectSchema(schema)) return { instruction: schemaInstruction(wanted) };
  const strict = fitStrictSchema(schema);
  const fields = { schema: strict ?? { ...schema, type: 'object' }, strict: strict !== undefined };
  return { format: { type: 'json_schema', name: 'output', ...fields }, instruction: '' };
}

/** The words of the reasoning are summed up only for those who want to read them. */
function encodeReasoning(hub: HubRequest, model: string): Pick<ResponsesBody, 'reasoning'> {
  const wanted = wantedEffort(hub);
  if (wanted === undefined) return {};
  const efforts = ['low', 'medium', 'high', ...(modelTraits(model).takesExtraHigh ? ['xhigh'] : [])];
  const isRead = showsThinking(hub) && !isSilent(hub);
  return { reasoning: { effort: nearestEffort(wanted, efforts), ...(isRead && { summary: 'auto' }) } };
}

function showsThinking({ thinking }: HubRequest): boolean {
  return Boolean(thinking) && thinking?.type !== 'disabled';
}

function isSilent({ thinking }: HubRequest): boolean {
  return thinking !== undefined && thinking !== null && 'display' in thinking && thinking.display === 'omitted';
}

/** The backend refuses the fields themselves. A sampling value of 1 asks for nothing. */
function warnOfLimits({ hub, hasDefaultMaxTokens }: DecodedRequest, warn: Warn): void {
  if (!hasDefaultMaxTokens) warn('max_tokens', 'this provider takes no limit');
  for (const field of ['temperature', 'top_p'] as const) {
    const value = hub[field] ?? undefined;
    if (value !== undefined && value !== 1) warn(field, 'this provider takes none');
  }
}

function memoFor(hub: HubRequest, model: string): ResponsesUpstreamMemo {
  const ids = hub.messages.flatMap(({ content }) => {
    return typeof content === 'string' ? [] : content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
  });
  const names = (hub.tools ?? []).flatMap((tool) => ('name' in tool ? [tool.name] : []));
  const shortened = names
    .map((name) => [targetToolName(name), name] as const)
    .filter(([target, name]) => target !== name);
  const localStops = [...new Set(hub.stop_sequences ?? [])].filter((sequence) => sequence !== '');
  return {
    model,
    localStops,
    inputTokenEstimate: localStops.length === 0 ? 0 : estimateRequestTokens(hub),
    showsThinking: showsThinking(hub),
    toolNames: new Map(shortened),
    takenIds: new Set(ids),
  };
}
