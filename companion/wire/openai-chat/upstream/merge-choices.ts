/** Several choices that are parts of one answer, as one: GitHub Copilot splits words and tool calls of some models. */
import { asArray, asObject, asText } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import { readFinish, strongerFinish } from './finish.ts';
import type { Finish } from './finish.ts';

/** As it is where there are not several. */
export function mergeChoices(completion: JsonObject): JsonObject {
  const choices = asArray(completion['choices']).map(asObject);
  if (choices.length < 2) return completion;
  const messages = choices.map(({ message }) => asObject(message));
  const words = messages.flatMap(({ content }) => asText(content) ?? []).join('');
  const calls = messages.flatMap(({ tool_calls: some }) => asArray(some));
  const finish = choices.reduce<Finish | undefined>(
    (strongest, choice) => strongerFinish(strongest, readFinish(choice['finish_reason'])),
    undefined,
  );
  const first = choices.find(({ finish_reason: word }) => readFinish(word) === finish) ?? {};
  const message = {
    ...Object.assign({}, ...messages.toReversed()),
    content: words === '' ? null : words,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return {
    ...completion,
    choices: [{ ...choices[0], index: 0, message, finish_reason: first['finish_reason'] ?? null }],
  };
}
