/** What the models of these servers take, by name. Everything about them that may go out of date stands in this file. */
import type { ChatQuirks } from '../../../shared/api-provider.ts';
import type { Effort, ModelFacts } from '../model-facts.ts';

export interface ModelTraits {
  /** Takes `reasoning_effort`. */
  readonly takesEffort: boolean;
  readonly takesStop: boolean;
  /** `temperature` and `top_p` other than 1: always, never, or only while no effort is asked for. */
  readonly sampling: 'always' | 'without-effort' | 'never';
  /** Knows efforts above `high`. */
  readonly takesExtraHigh: boolean;
  /** Takes earlier thinking at all, whatever its server does with that of other models. */
  readonly takesReasoning: boolean;
  /** Refuses calls without a signature in the turn that still goes on. */
  readonly wantsSignatures: boolean;
}

const common = { takesExtraHigh: true, takesReasoning: true, wantsSignatures: false } as const;

/** A name that is not known here is taken for one that takes everything. */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase().replace(/^.*\//, '');
  const generation = /^gpt-(\d+)(?:\.(\d+))?(?!.*chat)/.exec(name);
  if (generation !== null && Number(generation[1]) >= 5) {
    return reasoningTraits(name, Number(generation[1]), Number(generation[2] ?? 0));
  }
  if (/^o\d/.test(name)) return { ...common, ...reasoning, takesExtraHigh: false };
  const isWithoutReasoning = /^(?:gpt-|chatgpt-|llama|meta-llama|gemma)/.test(name) && !name.startsWith('gpt-oss');
  return {
    takesEffort: !isWithoutReasoning,
    takesStop: true,
    sampling: 'always',
    takesExtraHigh: true,
    takesReasoning: !/^deepseek-(?:r1|reasoner)/.test(name),
    wantsSignatures: /^gemini-(?:[3-9]|\d\d)/.test(name),
  };
}

const reasoning = { takesEffort: true, takesStop: false, sampling: 'never' } as const;

/** The first ones after 5.0 do not think unless asked to, and then sample like other models. */
function reasoningTraits(name: string, major: number, minor: number): ModelTraits {
  const isQuiet = major === 5 && minor >= 1 && minor <= 4;
  const takesExtraHigh = major > 5 || minor >= 2 || name.includes('codex-max');
  return { ...common, ...reasoning, takesExtraHigh, sampling: isQuiet ? 'without-effort' : 'never' };
}

const allEfforts: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/**
 * Facts for clients whose requests become hub requests first. Efforts are all there: the nearest one that the server has
 * is taken. The limit is far above any model's, since a request that names none sends none.
 */
export function chatModelFacts(model: string, quirks: ChatQuirks): ModelFacts {
  const hasEffort = quirks.efforts.length > 0 && modelTraits(model).takesEffort;
  return {
    maxOutputTokens: 1_000_000,
    thinking: hasEffort ? 'adaptive' : 'none',
    efforts: hasEffort ? allEfforts : [],
    hasNativeJsonSchema: true,
    sampling: 'both',
    maxTemperature: 2,
  };
}
