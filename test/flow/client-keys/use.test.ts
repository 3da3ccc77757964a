/** Keys of single clients, as the official SDKs present them: served, counted, limited, revoked. */
import { describe, expect, test, vi } from 'vitest';
import { claude, eventually, say, secretOf } from '../api/house.ts';
import { openClientKeyHouse, refusalOf } from './house.ts';

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
  });
});

describe('the end of a client key', () => {
  test('revoked in the middle of an answer: the answer goes on to its end, and the next request is refused', async () => {
    const keys = await openClientKeyHouse();
    const { token, id } = await keys.create();
    const stream = keys.anthropic(token).messages.stream(say('hello'));
    await new Promise<void>((resolve) => {
      stream.once('text', () => resolve());
    });
    await keys.revoke(id);
    expect((await stream.finalMessage()).stop_reason).toBe('end_turn');
    for (const asked of [
      keys.anthropic(token).messages.create(say('x')),
      keys.openai(token).chat.completions.create({ model: claude, messages: say('x').messages }),
    ]) {
      const refused = await refusalOf(asked);
      expect(refused).toMatchObject({ code: 'CLIENT_KEY_REVOKED', status: 401 });
      expect(refused.headers?.get('x-should-retry')).toBe('false');
    }
    expect(await keys.theKey()).toMatchObject({ is_valid: false, total_requests: 1 });
    await keys.house.stop();
    await keys.house.start();
    expect((await keys.ask(token, say('x'))).headers['x-companion-error']).toBe('CLIENT_KEY_REVOKED');
  });

  test('is when it was said to be, in both dialects', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 5, 1, 12) });
    try {
      const keys = await openClientKeyHouse();
      const { token, expires_at: end } = await keys.create({ expires_in: '30d' });
      expect(end).toBe('2026-07-01T12:00:00.000Z');
      vi.setSystemTime(Date.UTC(2026, 6, 1, 11, 59, 59));
      expect((await keys.anthropic(token).messages.create(say('x'))).type).toBe('message');
      vi.setSystemTime(Date.UTC(2026, 6, 1, 12));
      const anthropic = await refusalOf(keys.anthropic(token).messages.create(say('x')));
      expect(anthropic).toMatchObject({ code: 'CLIENT_KEY_EXPIRED', status: 401 });
      expect(anthropic.message).toContain('authentication_error');
      expect(anthropic.message).toContain('valid until 2026-07-01T12:00:00Z');
      const openai = keys.openai(token).chat.completions.create({ model: claude, messages: say('x').messages });
      expect(await refusalOf(openai)).toMatchObject({ code: 'CLIENT_KEY_EXPIRED', status: 401 });
    } finally {
      vi.useRealTimers();
    }
  });
});

test("stands wherever the companion's own key may, beside a credential of the client's own too", async () => {
  const keys = await openClientKeyHouse();
  const { token } = await keys.create();
  const ask = (headers: Readonly<Record<string, string>>) => keys.house.askClaude(say('x'), headers);
  for (const headers of [{ 'x-api-key': token }, { authorization: `bearer ${token}` }, { 'x-companion-key': token }])
    expect((await ask(headers)).status).toBe(200);
  const ownCredential = secretOf('anthropic', 'first');
  const both = await ask({ 'x-companion-key': token, 'x-api-key': ownCredential });
  expect([both.status, both.headers['x-companion-route']]).toEqual([200, expect.stringContaining('key=client')]);
  expect((await ask({ 'x-api-key': 'wrong', authorization: `Bearer ${token}` })).status).toBe(401);
  await eventually('all are counted', async () => (await keys.theKey()).total_requests === 4);
  const seen = keys.house.anthropicApi.requests.map(({ headers }) => JSON.stringify(headers)).join('\n');
  expect(seen).not.toContain(token);
});
