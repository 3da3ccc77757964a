/** What the models of these servers take, by name. Everything about them that may go out of date stands in this file. */
import type { ChatQuirks } from '../../../../shared/api-provider.ts';
import type { Effort, ModelFacts } from '../../model-facts.ts';

export interface ModelTraits {
  /** Takes `reasoning_effort`. */
  readonly takesEffort: boolean;
  readonly takesStop: boolean;
  /** `temperature` and `top_p` other than 1: always, never, or only while no effort is asked for. */
  readonly sampling: 'always' | 'without-effort' | 'never';
}

/** A name that is not known here is taken for one that takes everything. */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase().replace(/^.*\//, '');
  if (/^o\d/.test(name)) return { takesEffort: true, takesStop: false, sampling: 'never' };
  // The chat models of the fifth family are not reasoning models.
  const fifth = /^gpt-5(?:\.(\d+))?(?!.*chat)/.exec(name);
  if (fifth !== null) {
    const minor = Number(fifth[1] ?? 0);
    return { takesEffort: true, takesStop: minor >= 5, sampling: minor === 0 ? 'never' : 'without-effort' };
  }
  const isWithoutReasoning = /^(?:gpt-[345](?:\D|$)|chatgpt-|llama|meta-llama|gemma)/.test(name);
  return { takesEffort: !isWithoutReasoning, takesStop: true, sampling: 'always' };
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
