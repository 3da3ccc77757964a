/** The input of a call as the text that OpenAI's wires have for it. */

/** Arguments that were no JSON object go back as the server wrote them. */
export function argumentsOf(input: unknown): string {
  if (typeof input === 'object' && input !== null && '_raw_arguments' in input && Object.keys(input).length === 1) {
    if (typeof input._raw_arguments === 'string') return input._raw_arguments;
  }
  return JSON.stringify(input ?? {});
}
