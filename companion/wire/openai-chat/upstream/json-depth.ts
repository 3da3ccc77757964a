/** Whether text that arrives in pieces is a whole JSON object yet, without reading any of it twice. */
export interface JsonDepth {
  readonly depth: number;
  readonly isInString: boolean;
  readonly isEscaped: boolean;
  /** An object was opened and closed again. */
  readonly isComplete: boolean;
}

export const noJson: JsonDepth = { depth: 0, isInString: false, isEscaped: false, isComplete: false };

export function followJson(from: JsonDepth, text: string): JsonDepth {
  let { depth, isInString, isEscaped, isComplete } = from;
  for (const character of text) {
    if (isEscaped) isEscaped = false;
    else if (isInString) {
      if (character === '\\') isEscaped = true;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      isComplete = depth === 0;
    }
  }
  return { depth, isInString, isEscaped, isComplete };
}
