/** Cache marks that a client set: the service takes four. */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubContentBlock, HubMessageParam, HubRequest } from '../hub/request.ts';
import type { Warn } from '../openai/warnings.ts';

const MAX_MARKS = 4;

interface Markable {
  cache_control?: Anthropic.CacheControlEphemeral | null;
}

/** Keeps the last four marks in the order in which the service reads them: tools, system, messages. */
export function limitCacheMarks(request: HubRequest, warn: Warn): HubRequest {
  let excess = countMarks(request) - MAX_MARKS;
  if (excess <= 0) return request;
  warn('cache_control', 'only the last four marks are kept');
  const unmark = <Block extends object>(block: Block): Block => {
    if (excess <= 0 || !isMarked(block)) return block;
    excess -= 1;
    const { cache_control: _, ...rest } = block as Block & Markable;
    return rest as Block;
  };
  return {
    ...request,
    ...(request.tools && { tools: request.tools.map(unmark) }),
    ...(Array.isArray(request.system) && { system: request.system.map(unmark) }),
    messages: request.messages.map((message) => unmarkMessage(message, unmark)),
  };
}

function unmarkMessage(message: HubMessageParam, unmark: (block: HubContentBlock) => HubContentBlock): HubMessageParam {
  if (typeof message.content === 'string') return message;
  return { ...message, content: message.content.map(unmark) } as HubMessageParam;
}

function countMarks({ tools, system, messages }: HubRequest): number {
  const blocks: readonly object[] = [
    ...(tools ?? []),
    ...(Array.isArray(system) ? system : []),
    ...messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content)),
  ];
  return blocks.filter((block) => isMarked(block)).length;
}

function isMarked(block: object): boolean {
  return Boolean((block as Markable).cache_control);
}
