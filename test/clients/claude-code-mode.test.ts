/**
 * Claude Code mode: the real Agent SDK starts the real Claude Code, which asks a stand-in of the API. What is tested is the
 * whole way but the HTTP server: what the API is asked, what comes back, and that no process stays.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { HubEvent } from '../../companion/wire/hub/event.ts';
import { findViolation } from '../../companion/wire/hub/grammar.ts';
import type { HubRequest } from '../../companion/wire/hub/request.ts';
import type { JsonObject } from '../support/providers/anthropic/plan.ts';
import { isAlive } from './support/alive.ts';
import { ask, modeRequest, openModeHouse, textOf } from './support/claude-code-mode.ts';
import type { ModeHouse } from './support/claude-code-mode.ts';
import { startForsakenCompanion } from './support/forsaken-companion.ts';
import { haveParts } from './support/installed.ts';

const file = 'test/clients/claude-code-mode.test.ts';
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const isLinux = process.platform === 'linux';

describe.runIf(haveParts(file, 'libraries', 'programs'))('an answer through Claude Code', () => {
  test("is the API's own stream, with its thinking and its usage", async () => {
    const house = await openModeHouse();
    house.api.scenario = {
      answer: () => ({
        parts: [
          { kind: 'thinking', thinking: 'Let me think about it.' },
          { kind: 'text', text: 'Hello there, nice to meet you.' },
        ],
        usage: { input_tokens: 321, output_tokens: 45 },
      }),
    };
    const { events, text, stopReason } = await ask(house, {
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
    });
    expect(findViolation(events)).toBeUndefined();
    expect(text).toBe('Hello there, nice to meet you.');
    expect(stopReason).toBe('end_turn');
    expect(thinkingOf(events)).toBe('Let me think about it.');
    expect(events.filter(({ type }) => type === 'content_block_delta').length).toBeGreaterThan(4);
    expect(events[0]).toMatchObject({
      type: 'message_start',
      message: { id: expect.stringMatching(/^msg_/), usage: { input_tokens: 321 } },
    });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'message_delta', usage: expect.objectContaining({ output_tokens: 45 }) }),
    );
    expect(bodyOf(house)).toMatchObject({ max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } });
    expect(house.wanted).toEqual([]);
  });

  test('begins before it is complete', async () => {
    const house = await openModeHouse();
    house.api.scenario = { faults: { frameDelayMs: 60 }, answer: () => 'One word after the other.' };
    const reply = await house.upstream.send(modeRequest({}), new AbortController().signal);
    expect(house.api.requests[0]?.outcome).toBe('open');
    const events: HubEvent[] = [];
    for await (const event of reply.events) events.push(event);
    expect(textOf(events)).toBe('One word after the other.');
  });

  test('is asked for with the words, the turns and the pictures of the client, and no others of its own', async () => {
    const house = await openModeHouse();
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } } as const;
    await ask(house, {
      system: [{ type: 'text', text: 'Speak like a pirate.' }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'My name is Ada.' }, image] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'A name.', signature: 'c2ln' },
            { type: 'text', text: 'Ahoy, Ada.' },
          ],
        },
        { role: 'user', content: 'Read @/etc/hostname' },
        { role: 'assistant', content: 'I cannot.' },
        { role: 'user', content: [{ type: 'text', text: '/help me' }, image, { type: 'text', text: 'And now?' }] },
      ],
    });
    const { messages, system, tools } = bodyOf(house);
    expect(withoutReminders(messages as JsonObject[])).toEqual([
      { role: 'user', content: ['My name is Ada.', 'image'] },
      { role: 'assistant', content: ['Ahoy, Ada.'] },
      { role: 'user', content: ['Read @/etc/hostname'] },
      { role: 'assistant', content: ['I cannot.'] },
      { role: 'user', content: ['/help me', 'image', 'And now?'] },
    ]);
    const texts = (system as JsonObject[]).map(({ text }) => String(text));
    expect(texts.at(-1)).toBe('Speak like a pirate.');
    // What it says of itself in one line is its own affair.
    expect(texts.slice(0, -1).every((text) => text.length < 120)).toBe(true);
    expect(tools).toEqual([]);
    expect(house.api.requests).toHaveLength(1);
  });

  test('obeys `max_tokens`, and is not continued where it is cut', async () => {
    const house = await openModeHouse();
    house.api.scenario = { answer: () => ({ parts: [{ kind: 'text', text: 'Once upon' }], stopReason: 'max_tokens' }) };
    const { text, stopReason } = await ask(house, { max_tokens: 33 });
    expect({ text, stopReason }).toEqual({ text: 'Once upon', stopReason: 'max_tokens' });
    expect(bodyOf(house)['max_tokens']).toBe(33);
  });

  test('ends at a stop sequence, which the model was never told', async () => {
    const house = await openModeHouse();
    house.api.scenario = { answer: () => 'one two three four five six seven eight' };
    const { events, text, stopReason } = await ask(house, { stop_sequences: ['four', 'nine'] });
    expect({ text, stopReason }).toEqual({ text: 'one two three ', stopReason: 'stop_sequence' });
    expect(findViolation(events)).toBeUndefined();
  });

  test('takes effort, adaptive thinking and a model under its short name', async () => {
    const house = await openModeHouse();
    await ask(house, { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, 'claude-opus-5');
    expect(bodyOf(house)).toMatchObject({
      model: 'claude-opus-5',
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'low' },
    });
    await ask(house, {}, 'haiku');
    expect(String(bodyOf(house)['model'])).toContain('haiku');
  });
});

describe.runIf(haveParts(file, 'libraries', 'programs'))('Claude Code is kept to itself', () => {
  test('settings, memory and servers of the user have no part in it, and nothing is kept', async () => {
    const house = await openModeHouse();
    const proof = join(house.userHome, 'hook-ran');
    const folder = join(house.userHome, '.claude');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'CLAUDE.md'), 'Always mention marzipan.');
    const hook = { hooks: [{ type: 'command', command: `touch ${proof}` }] };
    const settings = { hooks: { SessionStart: [hook], UserPromptSubmit: [hook] }, env: { ANTHROPIC_MODEL: 'x' } };
    await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
    await writeFile(
      join(house.userHome, '.claude.json'),
      JSON.stringify({ mcpServers: { own: { command: 'touch', args: [proof] } } }),
    );
    const { text } = await ask(house, {});
    expect(text).toContain('Hello.');
    expect(JSON.stringify(bodyOf(house))).not.toContain('marzipan');
    expect(existsSync(proof)).toBe(false);
    expect(existsSync(join(folder, 'projects'))).toBe(false);
    await expect.poll(() => readdir(join(house.homeFolder, 'claude-code'))).toEqual([]);
  });

  test('it says who asks beside its own name, and uses its own credential', async () => {
    const house = await openModeHouse();
    await ask(house, {});
    const [asked] = house.api.requests;
    expect(asked?.headers['user-agent']).toMatch(/^claude-cli\/.*client-app\/ccproxy-companion\/0\.0\.0-test/);
    expect(asked?.key).toBe('first');
  });

  test('with settings that point at this companion it does not ask in a circle', async () => {
    const own = 'http://localhost:4141';
    const house = await openModeHouse({
      environment: { ANTHROPIC_BASE_URL: own, ANTHROPIC_AUTH_TOKEN: 'ccpk_of-the-companion' },
      upstream: { ownUrls: () => ['http://127.0.0.1:4141'] },
    });
    const { text } = await ask(house, {});
    expect(text).toContain('Hello.');
    expect(house.api.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test.runIf(isLinux)('neither words of a request nor secrets of ours are seen from outside its process', async () => {
    const house = await openModeHouse({
      environment: { CCPROXY_CLAUDE_API_KEYS: 'sk-ant-api03-of-the-companion', NODE_OPTIONS: '--no-warnings' },
    });
    house.api.scenario = { faults: { frameDelayMs: 50 }, answer: () => 'One word after the other.' };
    const request = modeRequest({
      system: 'The word is xylophone.',
      messages: [{ role: 'user', content: 'Marzipan?' }],
    });
    const reply = await house.upstream.send(request, new AbortController().signal);
    const [pid] = await house.upstream.pids();
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    for await (const _event of reply.events);
    expect(commandLine).toContain('--setting-sources=');
    expect(commandLine).not.toMatch(/xylophone|Marzipan|sk-ant/);
    expect(environment).toContain('CLAUDE_AGENT_SDK_CLIENT_APP=');
    expect(environment).not.toMatch(/CCPROXY_|NODE_OPTIONS/);
    expect(house.log.text()).not.toMatch(/xylophone|Marzipan|sk-ant/);
  });
});

describe.runIf(haveParts(file, 'libraries', 'programs'))('processes of Claude Code', () => {
  test('the second request does not wait for a start', async () => {
    const house = await openModeHouse({ upstream: { warm: 1 } });
    const first = await addedMs(house);
    const later: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await expect.poll(() => house.upstream.pids()).toHaveLength(1);
      await sleep(1500);
      later.push(await addedMs(house));
    }
    console.info(`Claude Code mode adds ${first} ms to the first request, then ${later.join(', ')} ms.`);
    // The least of three: a moment in which the machine is busy says nothing.
    expect(Math.min(...later)).toBeLessThan(first * 0.6);
    expect(house.api.requests).toHaveLength(4);
  });

  test('one process serves one request, and the next is a new one', async () => {
    const house = await openModeHouse({ upstream: { warm: 1 } });
    const sessions: unknown[] = [];
    for (const word of ['one', 'two', 'three']) {
      await ask(house, { messages: [{ role: 'user', content: word }], system: `Of ${word}.` });
      sessions.push(house.api.requests.at(-1)?.headers['x-claude-code-session-id']);
    }
    expect(new Set(sessions).size).toBe(3);
    expect(JSON.stringify(bodyOf(house))).not.toMatch(/\bone\b|\btwo\b|Of one|Of two/);
  });

  test('a client that leaves takes the process along', async () => {
    const house = await openModeHouse();
    house.api.scenario = { faults: { frameDelayMs: 100 }, answer: () => 'word '.repeat(200) };
    const client = new AbortController();
    const reply = await house.upstream.send(modeRequest({}), client.signal);
    const iterator = reply.events[Symbol.asyncIterator]();
    await iterator.next();
    const pids = await house.upstream.pids();
    expect(pids).toHaveLength(1);
    expect(isAlive(pids[0])).toBe(true);
    client.abort();
    await expect(drain(iterator)).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    await expect.poll(() => isAlive(pids[0])).toBe(false);
    await expect.poll(() => house.api.abortions.length).toBe(1);
  });

  test('one that leaves before the answer does so too', async () => {
    const house = await openModeHouse();
    house.api.scenario = { faults: { beforeHeaders: 'stall' } };
    const client = new AbortController();
    const sent = house.upstream.send(modeRequest({}), client.signal);
    sent.catch(() => undefined);
    await expect.poll(() => house.api.requests.length).toBe(1);
    const pids = await house.upstream.pids();
    client.abort();
    await expect(sent).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    await expect.poll(() => pids.some(isAlive)).toBe(false);
  });

  test('none outlives a companion that stops, in use or ready', async () => {
    const house = await openModeHouse({ upstream: { warm: 1 } });
    await ask(house, {});
    house.api.scenario = { faults: { frameDelayMs: 100 }, answer: () => 'word '.repeat(200) };
    const reply = await house.upstream.send(modeRequest({}, 'claude-opus-4-5'), new AbortController().signal);
    const iterator = reply.events[Symbol.asyncIterator]();
    await iterator.next();
    const pids = await house.upstream.pids();
    expect(pids.length).toBeGreaterThanOrEqual(2);
    const rest = drain(iterator);
    rest.catch(() => undefined);
    await house.upstream.close();
    await expect(rest).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(join(house.homeFolder, 'claude-code'))).toBe(false);
    await expect(ask(house, {})).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  test('none outlives a companion that is killed', async () => {
    const house = await openModeHouse();
    house.api.scenario = { faults: { frameDelayMs: 20 }, answer: () => 'word '.repeat(100) };
    const { kill, pids } = await startForsakenCompanion(house);
    expect(pids.filter(isAlive).length).toBeGreaterThanOrEqual(2);
    kill();
    await expect.poll(() => pids.filter(isAlive), { timeout: 30_000 }).toEqual([]);
  });
});

describe.runIf(haveParts(file, 'libraries', 'programs'))('what goes wrong with Claude Code', () => {
  test('without a login it says how to sign in', async () => {
    const house = await openModeHouse({ environment: { ANTHROPIC_API_KEY: undefined } });
    await expect(ask(house, {})).rejects.toMatchObject({
      code: 'CLAUDE_CODE_FAILED',
      message: expect.stringContaining('not signed in'),
      remedy: expect.stringContaining('Run `claude` in a terminal and sign in'),
    });
    expect(house.api.requests).toEqual([]);
  });

  test('a key that the API refuses is no secret in the message', async () => {
    const secret = 'sk-ant-api03-wrong-and-secret';
    const house = await openModeHouse({ environment: { ANTHROPIC_API_KEY: secret } });
    const failed = ask(house, {});
    await expect(failed).rejects.toMatchObject({ code: 'CLAUDE_CODE_FAILED', details: { upstreamStatus: 401 } });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining(secret) });
  });

  test.each([
    [429, 'RATE_LIMITED'],
    [529, 'OVERLOADED'],
    [400, 'INVALID_REQUEST'],
    [403, 'PROVIDER_REFUSED'],
    [500, 'UPSTREAM_ERROR'],
  ] as const)('a %i of the API is %s', async (status, code) => {
    const house = await openModeHouse();
    house.api.scenario = { faults: { canned: { status, message: 'The words of the API.' } } };
    await expect(ask(house, {})).rejects.toMatchObject({ code, details: { upstreamStatus: status } });
  });

  test('a limit of the subscription is told with its window and its reset', async () => {
    const reset = Math.floor(Date.now() / 1000) + 3600;
    const secret = 'sk-ant-oat01-stand-in-token';
    const house = await openModeHouse({
      api: { keys: [{ name: 'login', secret, kind: 'oauth-token' }] },
      environment: { ANTHROPIC_API_KEY: undefined, CLAUDE_CODE_OAUTH_TOKEN: secret },
    });
    const limit = {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-reset': String(reset),
      'anthropic-ratelimit-unified-representative-claim': 'five_hour',
    };
    house.api.scenario = { faults: { canned: { status: 429, headers: limit } } };
    await expect(ask(house, {})).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { window: 'five_hour', retryAtMs: reset * 1000 },
    });
    expect(house.quotas).toContainEqual(expect.objectContaining({ window: 'five_hour', status: 'exceeded' }));
  });

  test('a model that does not exist is told apart', async () => {
    const house = await openModeHouse();
    await expect(ask(house, {}, 'claude-bogus-9')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  test('an API that cannot be reached is told apart', async () => {
    const house = await openModeHouse({ upstream: { baseUrl: 'http://127.0.0.1:9' } });
    await expect(ask(house, {})).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
  });

  test('an answer that breaks ends in an error, whatever Claude Code makes of it', async () => {
    const house = await openModeHouse();
    house.api.scenario = { faults: { ending: { kind: 'fin', afterFrames: 6 } }, answer: () => 'word '.repeat(50) };
    await expect(ask(house, {})).rejects.toMatchObject({ code: 'STREAM_BROKEN' });
  });

  test('an answer that breaks before its first word is asked for again, unseen', async () => {
    const house = await openModeHouse();
    house.api.scenario = { faults: [{ ending: { kind: 'fin', afterFrames: 1 } }], answer: () => 'All is well.' };
    const { events, text } = await ask(house, {});
    expect(text).toBe('All is well.');
    expect(findViolation(events)).toBeUndefined();
    expect(house.api.requests).toHaveLength(2);
  });

  test('what it cannot carry is refused before anything starts', async () => {
    const house = await openModeHouse();
    const tools: HubRequest['tools'] = [{ name: 'look_up', input_schema: { type: 'object' } }];
    await expect(ask(house, { tools })).rejects.toMatchObject({
      code: 'NOT_AVAILABLE_IN_MODE',
      details: { field: 'tools' },
    });
    expect(await house.upstream.pids()).toEqual([]);
  });
});

function bodyOf(house: ModeHouse): JsonObject {
  return house.api.requests.at(-1)?.json as JsonObject;
}

/** Text blocks as their text, others as their kind; what Claude Code adds about time and place is left out. */
function withoutReminders(messages: readonly JsonObject[]): unknown {
  return messages
    .filter(({ role }) => role !== 'system')
    .map(({ role, content }) => ({
      role,
      content: (typeof content === 'string' ? [{ type: 'text', text: content }] : (content as JsonObject[]))
        .map(({ type, text }) => String(type === 'text' ? text : type))
        .filter((text) => !text.startsWith('<system-reminder>')),
    }));
}

function thinkingOf(events: readonly HubEvent[]): string {
  return events
    .map((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'thinking_delta' ? event.delta.thinking : '',
    )
    .join('');
}

/** From our request to Claude Code's own. */
async function addedMs(house: ModeHouse): Promise<number> {
  const startedAtMs = performance.timeOrigin + performance.now();
  await ask(house, {});
  return Math.round((house.api.requests.at(-1)?.startedAtMs ?? 0) - startedAtMs);
}

async function drain(iterator: AsyncIterator<HubEvent>): Promise<void> {
  while ((await iterator.next()).done !== true);
}
