/** The upstream with an SDK of the test's own: what no real one can be brought to do. The real one: test/clients. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memoryLogger } from '../../../../companion/base/log.ts';
import type { AgentSdk, AgentSdkOptions } from '../../../../companion/upstream/claude-code/agent-sdk.ts';
import { ClaudeCodeUpstream } from '../../../../companion/upstream/claude-code/claude-code.ts';
import type { ClaudeCodeOptions } from '../../../../companion/upstream/claude-code/claude-code.ts';
import { blankMessage } from '../../../../companion/wire/hub/blank.ts';
import type { HubEvent } from '../../../../companion/wire/hub/event.ts';
import type { HubRequest } from '../../../../companion/wire/hub/request.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

interface Order {
  readonly prompt: AsyncIterable<unknown>;
  readonly options: AgentSdkOptions;
}
type Script = (order: Order) => AsyncGenerator<unknown>;

const event = (data: object) => ({ type: 'stream_event', parent_tool_use_id: null, event: data });
const answer = [
  { type: 'system', subtype: 'init' },
  event({ type: 'message_start', message: blankMessage('msg_1', 'claude-x') }),
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello.' } }),
  event({ type: 'content_block_stop', index: 0 }),
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }),
  event({ type: 'message_stop' }),
];
const never = () => new Promise<never>(() => undefined);

/** A program that waits for the end of its input; what it says is said by the script. */
async function openUpstream(script: Script, options: Partial<ClaudeCodeOptions> = {}) {
  const homeFolder = await temporaryFolder();
  const path = join(homeFolder, 'claude');
  await writeFile(path, '#!/bin/sh\n[ "$1" = --version ] && echo 2.1.330 && exit\nexec cat >/dev/null\n');
  await chmod(path, 0o755);
  const clock = new FakeClock();
  const orders: Order[] = [];
  const sdk: AgentSdk = {
    query: (order) => {
      orders.push(order);
      order.options.spawnClaudeCodeProcess({ command: path, args: ['run'], env: order.options.env });
      return script(order);
    },
  };
  const upstream = new ClaudeCodeUpstream({
    path,
    baseUrl: 'https://api.anthropic.com',
    ownUrls: () => [],
    clientApp: 'app/1',
    warm: 0,
    homeFolder,
    userHome: homeFolder,
    environment: { PATH: process.env['PATH'] },
    logger: memoryLogger().logger,
    clock,
    timeouts: { startMs: 10_000, firstByteMs: 20_000, idleMs: 30_000 },
    loadSdk: async () => sdk,
    ...options,
  });
  onTestFinished(() => upstream.close());
  return { upstream, clock, orders, homeFolder };
}

function request(hub: Partial<HubRequest> = {}) {
  const model = 'claude-x';
  const whole = { model, max_tokens: 100, messages: [{ role: 'user', content: 'Hi.' }], ...hub } as HubRequest;
  return { hub: whole, model, credential: undefined, client: 'test' };
}

const patient = new AbortController().signal;

async function readAll(events: AsyncIterable<HubEvent>): Promise<readonly string[]> {
  const types: string[] = [];
  for await (const one of events) types.push(one.type);
  return types;
}

async function* say(messages: readonly unknown[]): AsyncGenerator<unknown> {
  yield* messages;
}

describe.skipIf(process.platform === 'win32')('Claude Code mode', () => {
  test('asks for no tools, no settings, no servers and no session that is kept', async () => {
    const { upstream, orders, homeFolder } = await openUpstream(() => say(answer));
    const reply = await upstream.send(request({ system: 'Be brief.', top_k: 3 }), patient);
    expect(reply.warnings).toEqual([{ field: 'top_k', reason: 'not available in claude-code mode' }]);
    expect(reply.transport).toBe('direct');
    expect(await readAll(reply.events)).toHaveLength(6);
    expect(orders[0]?.options).toMatchObject({
      tools: [],
      settingSources: [],
      strictMcpConfig: true,
      persistSession: false,
      verbatimPrompts: true,
      includePartialMessages: true,
      maxTurns: 1,
      systemPrompt: 'Be brief.',
      model: 'claude-x',
      env: { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '100' },
    });
    expect((await stat(join(homeFolder, 'claude-code'))).mode & 0o777).toBe(0o700);
    await expect.poll(() => readdir(join(homeFolder, 'claude-code'))).toEqual([]);
  });

  test('tells a turn of the past, waits until it is in place, and asks last', async () => {
    const told: unknown[] = [];
    const script: Script = async function* ({ prompt }) {
      for await (const message of prompt) {
        const { type, uuid, shouldQuery } = message as { type: string; uuid: string; shouldQuery?: boolean };
        told.push({ type, shouldQuery });
        if (type === 'user' && shouldQuery !== false) return yield* answer;
        if (type === 'user') yield { type: 'result', is_error: false, num_turns: 0, user_message_uuid: uuid };
      }
    };
    const { upstream } = await openUpstream(script);
    const roles = ['user', 'assistant', 'user', 'assistant', 'user'] as const;
    const messages = roles.map((role, index) => ({ role, content: `Words ${index}.` }));
    const { events } = await upstream.send(request({ messages }), patient);
    expect((await readAll(events)).at(-1)).toBe('message_stop');
    const [past, answered] = [{ type: 'user', shouldQuery: false }, { type: 'assistant' }];
    expect(told).toEqual([past, answered, past, answered, { type: 'user' }]);
  });

  test('bounds how many run at once; who waits and leaves never starts', async () => {
    const { upstream, orders } = await openUpstream(
      async function* () {
        yield* answer.slice(0, 3);
        await never();
      },
      { atOnce: 1 },
    );
    const first = new AbortController();
    await upstream.send(request(), first.signal);
    const second = new AbortController();
    const waiting = upstream.send(request(), second.signal);
    waiting.catch(() => undefined);
    const third = upstream.send(request(), patient);
    second.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    expect(orders).toHaveLength(1);
    first.abort();
    await third;
    expect(orders).toHaveLength(2);
    await expect.poll(() => upstream.pids()).toHaveLength(1);
  });

  test('an answer that is left before it was read ends its process', async () => {
    const { upstream } = await openUpstream(async function* () {
      yield* answer.slice(0, 3);
      await never();
    });
    const { events } = await upstream.send(request(), patient);
    expect(await upstream.pids()).toHaveLength(1);
    await events[Symbol.asyncIterator]().return?.();
    await expect.poll(() => upstream.pids()).toEqual([]);
  });

  test.each([
    ['says nothing at all', 0, 10_000, 'CLAUDE_CODE_FAILED'],
    ['does not begin to answer', 1, 20_000, 'FIRST_BYTE_TIMEOUT'],
    ['falls silent', 4, 30_000, 'IDLE_TIMEOUT'],
  ] as const)('a Claude Code that %s is ended in time', async (_, said, patienceMs, code) => {
    const { upstream, clock } = await openUpstream(async function* () {
      yield* answer.slice(0, said);
      await never();
    });
    const failed = upstream.send(request(), patient).then(({ events }) => readAll(events));
    failed.catch(() => undefined);
    await expect.poll(() => upstream.pids()).toHaveLength(1);
    await expect.poll(() => clock.pendingTimers).toBe(1);
    await clock.advance(patienceMs - 1);
    expect(await upstream.pids()).toHaveLength(1);
    await clock.advance(1);
    await expect(failed).rejects.toMatchObject({ code });
    await expect.poll(() => upstream.pids()).toEqual([]);
  });

  test.each([
    [1, 'CLAUDE_CODE_FAILED'],
    [4, 'STREAM_BROKEN'],
  ])('a crash after %i messages is told with its words, without secrets', async (said, code) => {
    const { upstream } = await openUpstream(async function* () {
      yield* answer.slice(0, said);
      throw new Error('exited with code 1 and sk-ant-api03-secret-of-it');
    });
    const failed = upstream.send(request(), patient).then(({ events }) => readAll(events));
    await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining('exited with code 1') });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('secret-of-it') });
  });

  test('what the process itself complained of is told before what the SDK says of it', async () => {
    const loud = 'console.error("the disk is full"); process.exit(3)';
    const sdk: AgentSdk = {
      query: ({ options }) => {
        const child = options.spawnClaudeCodeProcess({ command: process.execPath, args: ['-e', loud], env: {} });
        return (async function* () {
          await once(child, 'close');
          yield* [];
          throw new Error('exited with code 3');
        })();
      },
    };
    const { upstream } = await openUpstream(() => say([]), { loadSdk: async () => sdk });
    await expect(upstream.send(request(), patient)).rejects.toMatchObject({
      code: 'CLAUDE_CODE_FAILED',
      message: 'Claude Code ended before it answered. It said: "the disk is full"',
    });
  });

  test('an SDK that could not be loaded is tried again', async () => {
    let tries = 0;
    const sdk: AgentSdk = { query: () => say(answer) };
    const { upstream } = await openUpstream(() => say([]), {
      loadSdk: async () => {
        tries += 1;
        if (tries === 1) throw new Error('not there yet');
        return sdk;
      },
    });
    await expect(upstream.send(request(), patient)).rejects.toThrow('not there yet');
    await expect(upstream.send(request(), patient)).resolves.toMatchObject({ transport: 'direct' });
  });

  test.each(['when it starts', 'when it is asked first'])(
    'what a companion that was killed left goes %s',
    async (when) => {
      const { upstream, homeFolder } = await openUpstream(() => say(answer));
      const left = join(homeFolder, 'claude-code', 'run-left');
      await mkdir(left, { recursive: true });
      if (when === 'when it starts') await upstream.tidy();
      else await readAll((await upstream.send(request(), patient)).events);
      expect(existsSync(left)).toBe(false);
    },
  );

  test('to tidy takes nothing away from a request that comes at the same time', async () => {
    const { upstream } = await openUpstream(() => say(answer));
    const [, reply] = await Promise.all([upstream.tidy(), upstream.send(request(), patient)]);
    await upstream.tidy();
    expect(await readAll(reply.events)).toHaveLength(6);
  });
});
