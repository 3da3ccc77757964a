/** A hub request as a Chat Completions request for one server. */
import type { ChatQuirks } from '../../../../shared/api-provider.ts';
import type { DecodedRequest, EncodedRequest } from '../../codec.ts';
import type { HubRequest } from '../../hub/request.ts';
import { placedFields, warnDropped } from '../../openai/dropped-fields.ts';
import { createWarnings } from '../../openai/warnings.ts';
import type { ChatBody } from './body.ts';
import type { ChatUpstreamMemo } from './memo.ts';
import { encodeMessages } from './messages.ts';
import { encodeFormat } from './format.ts';
import { encodeEffort, encodeLimit, encodeSampling, encodeStops, encodeUser } from './options.ts';
import { modelTraits } from '../../openai/model-traits.ts';
import { createTargetIds } from '../../openai/target-tool-id.ts';
import { targetToolName } from '../../openai/target-tool-name.ts';
import { encodeTools } from './tools.ts';

/** Throws `INVALID_REQUEST` for content that this wire has no form for; what else is lost is in the warnings. */
export function encodeChatRequest(request: DecodedRequest, model: string, quirks: ChatQuirks): EncodedRequest {
  const { hub } = request;
  const { warn, list } = createWarnings();
  const context = { quirks, model, warn };
  const format = encodeFormat(hub, quirks);
  const stops = encodeStops(hub, context);
  const effort = encodeEffort(hub, context);
  const messageContext = {
    quirks,
    traits: modelTraits(model),
    takesImages: quirks.takesImages,
    targetId: createTargetIds(quirks.toolIds),
    warn,
  };
  const body: ChatBody = {
    model,
    messages: encodeMessages(hub, format.instruction, messageContext),
    ...encodeTools(hub, quirks, warn),
    ...encodeLimit(request, context),
    ...encodeSampling(hub, effort.reasoning_effort !== undefined, context),
    ...stops.fields,
    ...effort,
    ...format.fields,
    ...encodeUser(hub, context),
    ...(request.isStream && {
      stream: true,
      ...(quirks.takesStreamOptions && { stream_options: { include_usage: true } }),
    }),
  };
  warnDropped(hub, placedFields, warn);
  const memo: ChatUpstreamMemo = { model, localStops: stops.localStops, ...historyOf(hub) };
  return { path: '/chat/completions', headers: {}, body, warnings: list(), memo };
}

function historyOf({ messages, tools }: HubRequest): Pick<ChatUpstreamMemo, 'toolNames' | 'takenIds'> {
  const ids = messages.flatMap(({ content }) => {
    return typeof content === 'string' ? [] : content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
  });
  const names = (tools ?? []).flatMap((tool) => ('name' in tool ? [tool.name] : []));
  const shortened = names
    .map((name) => [targetToolName(name), name] as const)
    .filter(([target, name]) => target !== name);
  return { toolNames: new Map(shortened), takenIds: new Set(ids) };
}
