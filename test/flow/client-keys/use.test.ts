/** Keys of single clients, as the official SDKs present them: served, counted, limited, revoked. */
import { describe, expect, test } from 'vitest';
import { claude, eventually, say } from '../api/house.ts';
import { openClientKeyHouse } from './house.ts';

describe('a client key', () => {
  test('is served with both SDKs, whole and streamed, and counted with every token', async () => {
    const keys = await openClientKeyHouse({ openai: { openai: ['work'] } });
    const { token, id } = await keys.create();
    const anthropic = keys.anthropic(token);
    const openai = keys.openai(token);
    const whole = await anthropic.messages.create(say('hello'));
    const streamed = await anthropic.messages.stream(say('hello again')).finalMessage();
    const chat = await openai.chat.completions.create({ model: 'gpt-5-mini', messages: say('hello').messages });
    const stream = await openai.chat.completions.create({
      model: claude,
      messages: say('hello').messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let translated = 0;
    for await (const chunk of stream) translated = chunk.usage?.total_tokens ?? translated;
    const tokensOf = ({ usage }: typeof whole) =>
      usage.input_tokens +
      usage.output_tokens +
      (usage.cache_read_input_tokens ?? 0) +
      (usage.cache_creation_input_tokens ?? 0);
    const used = tokensOf(whole) + tokensOf(streamed) + (chat.usage?.total_tokens ?? 0) + translated;
    const key = await eventually('all are counted', async () => {
      const told = await keys.theKey();
      return told.total_requests === 4 && told;
    });
    expect(key).toMatchObject({ id, total_tokens_used: used, is_valid: true });
    expect(Date.parse(key.last_used_at ?? '')).toBeGreaterThan(Date.now() - 60_000);
    const rows = await keys.house.exchanges();
    expect(rows.map(({ clientKey }) => clientKey)).toEqual([id, id, id, id]);
    await keys.house.anthropic().messages.create(say('with the own key'));
    expect((await keys.theKey()).total_requests).toBe(4);
    await keys.house.stop();
    await keys.house.start();
    expect(await keys.theKey()).toMatchObject({ id, total_requests: 4, total_tokens_used: used });
    await anthropic.messages.create(say('after a restart')).catch(() => undefined);
  });
});
