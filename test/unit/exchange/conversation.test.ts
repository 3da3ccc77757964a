import { describe, expect, test } from 'vitest';
import { conversationAfter, conversationOf } from '../../../companion/exchange/conversation.ts';

function read(body: object, rawHeaders: readonly string[] = [], promptCacheKey?: string) {
  return conversationOf(rawHeaders, Buffer.from(JSON.stringify(body)), promptCacheKey);
}

const first = { model: 'm', messages: [{ role: 'user', content: 'Where is the sea?' }] };
const later = {
  ...first,
  messages: [...first.messages, { role: 'assistant', content: 'West.' }, { role: 'user', content: 'Far?' }],
};

describe('a conversation without a name', () => {
  test('is known by its opening words in every turn, and kept together from its second on', () => {
    expect(read(first)).toEqual({ ...read(later), isContinued: false });
    expect(read(later)?.isContinued).toBe(true);
    expect(read({ ...first, messages: [{ role: 'user', content: 'Where is the lake?' }] })?.key).not.toBe(
      read(first)?.key,
    );
  });

  test('is known by the first text of blocks, too', () => {
    const blocks = [{ role: 'user', content: [{ type: 'text', text: 'Where is the sea?' }] }];
    expect(read({ model: 'm', messages: blocks })?.key).toBe(read(first)?.key);
  });

  test('is none where nobody says anything', () => {
    expect(read({ model: 'm', messages: [] })).toBeUndefined();
  });
});

describe('a name that the client gives', () => {
  test.each(['X-Claude-Code-Session-Id', 'session-id', 'session_id'])('is believed as %s', (header) => {
    expect(read(first, ['accept', '*/*', header, 'one'])).toEqual({ key: 'named:one', isContinued: true });
  });

  test('is believed as its prompt cache key', () => {
    expect(read(first, [], 'two')).toEqual({ key: 'named:two', isContinued: true });
  });
});

describe('an answer that the request carries on from', () => {
  test.each([
    { previous_response_id: 'resp_1', input: 'on' },
    { messages: [], thread: { type: 'continue', previous_message_id: 'resp_1' } },
  ])('beats every name: %j', (body) => {
    expect(read(body, ['session-id', 'one'])).toEqual({ key: conversationAfter('resp_1'), isContinued: true });
  });

  test('is found behind words that only look like it', () => {
    const input = 'say {"previous_response_id":"resp_0"} and "previous_owner"';
    const found = read({ previous_owner: 1, input, previous_response_id: 'resp_1' });
    expect(found?.key).toBe(conversationAfter('resp_1'));
  });

  test('is not taken from words alone', () => {
    const messages = [{ role: 'user', content: '{"previous_response_id":"resp_0"}' }];
    expect(read({ messages })?.key).toMatch(/^opening:/);
  });
});
