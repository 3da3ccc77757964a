/** An answer that breaks never looks like one that ended: before its first content an HTTP error, after it an error event. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { APIError as AnthropicError } from '@anthropic-ai/sdk';
import { APIError as OpenAiError } from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Ending, Scenario } from '../../support/claude-site/scenario.ts';
import { JobFailure } from '../../support/link-client-jobs.ts';
import { ask, eventually, openSyncedHouse, ways } from './house.ts';
import type { House } from './house.ts';

/** Two events come before the first text: message_start and ping; then the block's start and its pieces. */
const beforeContent = 2;
const afterContent = 6;

interface Broken {
  readonly text: string;
  readonly error: Error;
}

async function streamAnthropic(house: House): Promise<Broken> {
  let text = '';
  const stream = house.anthropic().messages.stream(ask('one two three four five six'));
  stream.on('text', (piece) => (text += piece));
  const error = await stream.finalMessage().then(
    () => new Error('it ended as if it were complete'),
    (thrown: Error) => thrown,
  );
  return { text, error };
}

async function streamOpenAi(house: House): Promise<Broken> {
  let text = '';
  try {
    const stream = await house
      .openai()
      .chat.completions.create({ ...ask('one two three four five six'), stream: true });
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.choices[0]?.finish_reason) throw new Error('it ended as if it were complete');
    }
    return { text, error: new Error('it ended as if it were complete') };
  } catch (thrown) {
    return { text, error: thrown as Error };
  }
}

async function expectBrokenStreams(house: House, says: RegExp, between?: () => Promise<unknown>): Promise<void> {
  const anthropic = await streamAnthropic(house);
  expect(anthropic.text).toMatch(/^You wrote: one/);
  expect(anthropic.error).toBeInstanceOf(AnthropicError);
  expect(anthropic.error.message).toMatch(says);
  await between?.();
  const openai = await streamOpenAi(house);
  expect(openai.text).toMatch(/^You wrote: one/);
  expect(openai.error).toBeInstanceOf(OpenAiError);
  expect(openai.error.message).toMatch(says);
}

async function expectHttpError(house: House, scenario: Partial<Scenario>, code: string, status: number): Promise<void> {
  for (const dialect of ['anthropic', 'openai'] as const) {
    house.site.scenario = scenario;
    const reply = await house.post(dialect, ask('Hi.', { stream: true }));
    expect(reply.headers.get('x-companion-error')).toBe(code);
    expect(reply.status).toBe(status);
    await reply.text();
  }
}

async function expectNothingLeft(house: House): Promise<void> {
  await eventually('no conversation is left', () => house.site.conversations.every((one) => one.isDeleted));
  await eventually('no exchange runs any more', () => house.app.service.status().activity.length === 0);
  expect(house.site.violations).toEqual([]);
}

const breaks: readonly (readonly [string, Ending['kind']])[] = [
  ['a reset', 'reset'],
  ['a closed connection', 'fin'],
  ['a stream without its end', 'truncated'],
];

describe.each(ways)('over the %s transport', (way) => {
  test.each(breaks)('%s in the middle is an error event, never an ending', async (_name, kind) => {
    const { house } = await openSyncedHouse(way);
    house.site.scenario = { ending: { kind, afterEvents: afterContent } as Ending };
    await expectBrokenStreams(house, /incomplete; send the request again/);
    await expectNothingLeft(house);
  });

  test.each(breaks)('%s before the first content is an HTTP error', async (_name, kind) => {
    const { house } = await openSyncedHouse(way);
    await expectHttpError(house, { ending: { kind, afterEvents: beforeContent } as Ending }, 'STREAM_BROKEN', 502);
    await expectNothingLeft(house);
  });

  test('silence in the middle ends after the idle time-out, which is named', async () => {
    const { house } = await openSyncedHouse(way, { settings: { 'timeouts.idle': '400ms' } });
    house.site.scenario = { ending: { kind: 'hang', afterEvents: afterContent } };
    await expectBrokenStreams(house, /fell silent.*`timeouts\.idle`/);
    await expectNothingLeft(house);
  });

  test('an answer that never begins ends after the first-byte time-out, which is named', async () => {
    const { house } = await openSyncedHouse(way, { settings: { 'timeouts.first_byte': '400ms' } });
    house.site.scenario = { headDelayMs: Infinity };
    for (const dialect of ['anthropic', 'openai'] as const) {
      const reply = await house.post(dialect, ask('Hi.', { stream: true }));
      expect(reply.status).toBe(504);
      expect(reply.headers.get('x-companion-error')).toBe('FIRST_BYTE_TIMEOUT');
      expect(await reply.text()).toContain('`timeouts.first_byte`');
    }
    await eventually('no exchange runs any more', () => house.app.service.status().activity.length === 0);
  });

  test('an error event of the site keeps its meaning and its words', async () => {
    const { house } = await openSyncedHouse(way);
    const overloaded = { type: 'overloaded_error', message: 'Overloaded' };
    house.site.scenario = { ending: { kind: 'error', afterEvents: afterContent, error: overloaded } };
    await expectBrokenStreams(house, /is overloaded: .*Overloaded/);
    const early = { kind: 'error', afterEvents: beforeContent, error: overloaded } as const;
    house.site.scenario = { ending: early };
    const anthropic = await house.post('anthropic', ask('Hi.', { stream: true }));
    expect([anthropic.status, anthropic.headers.get('x-companion-error')]).toEqual([529, 'OVERLOADED']);
    const openai = await house.post('openai', ask('Hi.', { stream: true }));
    expect([openai.status, openai.headers.get('x-companion-error')]).toEqual([503, 'OVERLOADED']);
    await expectNothingLeft(house);
  });

  test('a limit that is met in the middle of an answer tells until when', async () => {
    const { house, browser } = await openSyncedHouse(way);
    const resetsAt = Math.floor(Date.now() / 1000) + 3600;
    const error = { type: 'rate_limit_error', message: 'Exceeded', resets_at: resetsAt };
    house.site.scenario = { ending: { kind: 'error', afterEvents: afterContent, error } };
    const until = new Date(resetsAt * 1000).toISOString().slice(0, 16);
    // Until then it is not asked again, unless it is synced anew.
    await expectBrokenStreams(house, new RegExp(`reached until ${until}`), () => browser.sync({ transport: way }));
  });

  test('an answer in one piece that breaks is an HTTP error', async () => {
    const { house } = await openSyncedHouse(way);
    house.site.scenario = { ending: { kind: 'reset', afterEvents: afterContent } };
    for (const dialect of ['anthropic', 'openai'] as const) {
      const reply = await house.post(dialect, ask('one two three'));
      expect(reply.status).toBe(502);
      expect(reply.headers.get('x-companion-error')).toBe('STREAM_BROKEN');
      await reply.text();
    }
    await expectNothingLeft(house);
  });
});

describe('a browser that leaves', () => {
  test('in the middle of an answer is an error event in both dialects', async () => {
    const { house, browser } = await openSyncedHouse('browser');
    house.site.scenario = { ending: { kind: 'hang', afterEvents: afterContent } };
    const anthropic = streamAnthropic(house);
    await eventually('the answer runs', () => house.site.conversations[0]?.generations.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await browser.link.close();
    const broken = await anthropic;
    expect(broken.text).toMatch(/^You wrote: one/);
    expect(broken.error).toBeInstanceOf(AnthropicError);
    expect(broken.error.message).toMatch(/no longer connected/);
    await browser.reconnect(house.port);
    const openai = streamOpenAi(house);
    await eventually('the answer runs', () => house.site.conversations[1]?.generations.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await browser.link.close();
    expect((await openai).error.message).toMatch(/no longer connected/);
  });

  test('before the answer began leaves the request to the direct way', async () => {
    const { house, browser } = await openSyncedHouse('browser');
    await browser.sync({ transport: 'auto' });
    browser.intercept = (job) => {
      if (job.path.endsWith('/chat_conversations')) void browser.link.close();
      return undefined;
    };
    const message = await house.anthropic().messages.stream(ask('Hi.')).finalMessage();
    expect(message.content).toMatchObject([{ text: 'You wrote: Hi.' }]);
    expect(house.site.requests.some((it) => it.route === 'completion' && it.channel === 'direct')).toBe(true);
  });

  test('after the head but before any content leaves the request to the direct way as well', async () => {
    const { house, browser } = await openSyncedHouse('browser');
    await browser.sync({ transport: 'auto' });
    house.site.scenario = { ending: { kind: 'hang', afterEvents: beforeContent } };
    const answer = house.post('anthropic', ask('Hi.'));
    await eventually('the answer runs', () => house.site.conversations[0]?.generations.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    house.site.scenario = {};
    await browser.link.close();
    const reply = await answer;
    expect(reply.status).toBe(200);
    expect(reply.headers.get('x-companion-route')).toContain('transport=direct');
    expect(await reply.text()).toContain('You wrote: Hi.');
  });

  test('with a session that rests there is SEAT_OFFLINE, and nothing is sent', async () => {
    const { house, browser } = await openSyncedHouse('browser');
    await browser.sync({ restsIn: 'browser' });
    house.site.reset();
    await browser.link.close();
    await eventually('the browser is offline', () => house.app.service.seats()[0]?.isOnline === false);
    for (const dialect of ['anthropic', 'openai'] as const) {
      const reply = await house.post(dialect, ask('Hi.'));
      expect(reply.status).toBe(503);
      expect(reply.headers.get('x-companion-error')).toBe('SEAT_OFFLINE');
      expect(await reply.text()).toContain('Open the browser that holds the session');
    }
    expect(house.site.requests).toEqual([]);
    await browser.reconnect(house.port);
    expect((await house.anthropic().messages.create(ask('Back.'))).stop_reason).toBe('end_turn');
  });
});

describe('the automatic choice of a way', () => {
  test('takes the browser, so a challenge of programs does not matter', async () => {
    const { house, browser } = await openSyncedHouse('browser');
    await browser.visit();
    house.site.scenario = { requiresClearance: true };
    await browser.sync({ transport: 'auto' });
    const message = await house.anthropic().messages.create(ask('Hi.'));
    expect(message.content).toMatchObject([{ text: 'You wrote: Hi.' }]);
    await browser.link.close();
    await eventually('the browser is offline', () => house.app.service.seats()[0]?.isOnline === false);
    const reply = await house.post('anthropic', ask('Hi.'));
    expect(reply.headers.get('x-companion-error')).toBe('CHALLENGE');
    expect(house.sessions[0]?.state).toBe('active');
    await browser.reconnect(house.port);
    expect((await house.anthropic().messages.create(ask('Hi.'))).stop_reason).toBe('end_turn');
    expect(house.sessions[0]?.trouble).toBeNull();
    expect(house.site.violations).toEqual([]);
  });

  test.each(['refused', 'no-consent', 'no-permission', 'no-tab', 'network'] as const)(
    'takes the direct way when the browser answers %s',
    async (failure) => {
      const { house, browser } = await openSyncedHouse('browser');
      await browser.sync({ transport: 'auto' });
      browser.intercept = () => {
        throw new JobFailure(failure);
      };
      const reply = await house.post('anthropic', ask('Hi.'));
      expect(reply.headers.get('x-companion-route')).toContain('transport=direct');
      expect(reply.status).toBe(200);
    },
  );

  test('does not go round what the person stopped', async () => {
    const { house, browser } = await openSyncedHouse('browser');
    await browser.sync({ transport: 'auto' });
    house.site.reset();
    browser.intercept = () => {
      throw new JobFailure('stopped');
    };
    const reply = await house.post('anthropic', ask('Hi.'));
    expect(reply.headers.get('x-companion-error')).toBe('STOPPED_BY_USER');
    expect(house.site.requests.filter((request) => request.channel === 'direct')).toEqual([]);
  });

  test('an exchange that is stopped in the popup ends with an error event, and the generation with it', async () => {
    const { house, browser } = await openSyncedHouse('browser');
    house.site.scenario = { eventDelayMs: 50, answer: () => 'word '.repeat(200) };
    const broken = streamAnthropic(house);
    const exchange = await eventually('the exchange runs', () => house.app.service.status().activity[0]);
    await eventually('the answer runs', () => house.site.conversations[0]?.generations.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await browser.link.send({ t: 'exchange.stop', exchangeId: exchange.exchangeId });
    const { error } = await broken;
    expect(error.message).toMatch(/stopped in the browser/);
    await eventually('the generation ended', () => house.site.conversations[0]?.generations[0]?.state === 'abandoned');
    expect(house.site.violations).toEqual([]);
  });
});

test('a connection that does not come about is CONNECT_TIMEOUT, by its name', async () => {
  // Accepts and then says nothing, so that a TLS handshake never ends.
  const silent = createServer();
  await new Promise<void>((resolve) => {
    silent.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void silent.close());
  const upstream = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { house, browser } = await openSyncedHouse('browser', { upstream, settings: { 'timeouts.connect': '300ms' } });
  // The browser reaches the site, and its session is what the direct way then travels with.
  await browser.sync({ transport: 'auto' });
  await browser.link.close();
  await eventually('the browser is offline', () => house.app.service.seats()[0]?.isOnline === false);
  const reply = await house.post('anthropic', ask('Hi.'));
  expect(reply.status).toBe(504);
  expect(reply.headers.get('x-companion-error')).toBe('CONNECT_TIMEOUT');
  expect(await reply.text()).toContain('`timeouts.connect`');
});
