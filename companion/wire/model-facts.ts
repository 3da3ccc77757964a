/**
 * What a model takes, as far as translation must know. Read off the name, so that a model that is newer than this file
 * is treated like the newest one here. Everything about a model that may go out of date stands in this one file.
 */
export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export interface ModelFacts {
  readonly maxOutputTokens: number;
  /** How thinking is asked for: not at all, `budget_tokens`, or `adaptive` with `output_config.effort`. */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** Effort levels, weakest first; empty unless thinking is adaptive. */
  readonly efforts: readonly Effort[];
  /** Takes `output_config.format`. */
  readonly hasNativeJsonSchema: boolean;
  /** `temperature` and `top_p`: both at once, one of them, or neither (only `temperature: 1` passes). */
  readonly sampling: 'both' | 'one' | 'none';
  /** The highest `temperature`. */
  readonly maxTemperature: number;
}

export type ModelFactsLookup = (model: string) => ModelFacts;

interface ModelName {
  readonly family: string;
  /** 4.6 is 406, so that versions compare as numbers. */
  readonly version: number;
}

const beforeThinking = {
  thinking: 'none',
  efforts: [],
  hasNativeJsonSchema: false,
  sampling: 'both',
  maxTemperature: 1,
} as const;
const allEfforts: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/** Facts of a Claude model by its name, in any provider's spelling; other names are taken for a current model. */
export function modelFacts(model: string): ModelFacts {
  const name = readModelName(model);
  if (name === undefined) return { ...currentFacts(32_000), efforts: ['low', 'medium', 'high'] };
  if (name.version < 305) return { ...beforeThinking, maxOutputTokens: 4096 };
  if (name.version < 307) return { ...beforeThinking, maxOutputTokens: 8192 };
  if (name.version < 406) return budgetFacts(name);
  const maxOutputTokens =
    name.family === 'haiku' || (name.family === 'sonnet' && name.version < 500) ? 64_000 : 128_000;
  if (name.version > 406) return currentFacts(maxOutputTokens);
  return { ...currentFacts(maxOutputTokens), efforts: ['low', 'medium', 'high', 'max'], sampling: 'one' };
}

function budgetFacts({ family, version }: ModelName): ModelFacts {
  return {
    maxOutputTokens: family === 'opus' && version < 405 ? 32_000 : 64_000,
    thinking: 'budget',
    efforts: [],
    hasNativeJsonSchema: version >= 405,
    sampling: version > 400 ? 'one' : 'both',
    maxTemperature: 1,
  };
}

function currentFacts(maxOutputTokens: number): ModelFacts {
  return {
    maxOutputTokens,
    thinking: 'adaptive',
    efforts: allEfforts,
    hasNativeJsonSchema: true,
    sampling: 'none',
    maxTemperature: 1,
  };
}

/** `claude-opus-4-6`, `anthropic/claude-sonnet-4.5`, `claude-3-5-haiku-20241022`; a long number is a date. */
function readModelName(model: string): ModelName | undefined {
  const match = /claude-(?:([a-z]+)-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)(?:-([a-z]+))?/.exec(model.toLowerCase());
  if (match === null) return undefined;
  const [, family, major, minor, familyAfter] = match;
  return { family: family ?? familyAfter ?? '', version: Number(major) * 100 + Number(minor ?? 0) };
}
