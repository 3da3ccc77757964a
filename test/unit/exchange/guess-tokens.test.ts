import { describe, expect, it } from 'vitest';
import { charactersOf, guessRelayed, guessTranslated } from '../../../companion/exchange/guess-tokens.ts';

const request = { body: Buffer.alloc(400) };
const nothing = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const told = { ...nothing, inputTokens: 100, outputTokens: 7 };

describe('a stream that was passed on', () => {
  it('counts by its length when it told no usage, and when nobody saw its end', () => {
    expect(guessRelayed(request, { usage: undefined, hasEnded: true }, 2_000)).toBe(110);
    expect(guessRelayed(request, { usage: told, hasEnded: false }, 2_000)).toBe(10);
    expect(guessRelayed({ body: null }, undefined, 2_000)).toBe(10);
  });

  it('is not guessed at when it told', () => {
    expect(guessRelayed(request, { usage: told, hasEnded: true }, 2_000)).toBe(0);
  });
});

describe('an answer that was translated', () => {
  it('counts by what was said when it told no usage, zeros included, and when nobody saw its end', () => {
    expect(guessTranslated(request, { usage: undefined, isWhole: true }, 40)).toBe(110);
    expect(guessTranslated(request, { usage: nothing, isWhole: false }, 40)).toBe(110);
    expect(guessTranslated(request, { usage: told, isWhole: false }, 40)).toBe(10);
    expect(guessTranslated(request, { usage: told, isWhole: true }, 40)).toBe(0);
  });

  it('says something in text, thoughts and calls', () => {
    const said = (delta: object) => charactersOf({ type: 'content_block_delta', index: 0, delta } as never);
    const deltas = [
      { type: 'text_delta', text: 'four' },
      { type: 'thinking_delta', thinking: 'hm' },
    ];
    expect(deltas.map(said)).toEqual([4, 2]);
    expect(said({ type: 'input_json_delta', partial_json: '{"a"' })).toBe(4);
    expect(charactersOf({ type: 'ping' })).toBe(0);
  });
});
