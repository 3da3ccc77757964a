/** How much a model is to think, on its way from the hub to a server that knows levels of it. */
import type { HubMessageParam, HubRequest } from '../hub/request.ts';

/** Weakest first, as all servers together know them. */
const scale = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/** The effort that a request asks for, in whichever of its fields; a budget of tokens as the level that comes near it. */
export function wantedEffort(hub: HubRequest): string | undefined {
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

/**
 * The one of `supported` that is nearest; of two equally near ones the weaker. `none` is nobody's nearest: it would switch
 * off what was asked for.
 */
export function nearestEffort(wanted: string, supported: readonly string[]): string {
  const place = (effort: string): number => (scale as readonly string[]).indexOf(effort);
  const known = supported.filter((effort) => place(effort) > 0).toSorted((a, b) => place(a) - place(b));
  const distance = (effort: string): number => Math.abs(place(effort) - place(wanted));
  const [nearest] = known.toSorted((a, b) => distance(a) - distance(b));
  return nearest ?? supported[0] ?? wanted;
}
