/** A login is followed at a terminal: it ends in the browser, by pasting, or when the person gives it up. */
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { followLogin } from '../../../companion/cli/follow-login.ts';
import type { Conversation } from '../../../companion/cli/control-client.ts';
import { errorFrom } from '../../../companion/cli/control-client.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { createLoginControl } from '../../../companion/http/control/create-login-control.ts';
import { createControlServer } from '../../../companion/http/control/routes.ts';
import type { ControlService } from '../../../companion/http/control/routes.ts';
import { loginStatus, MemoryDesk, MemoryLogins, sceneNowMs } from '../http/login-scene.ts';

async function begin(way: 'browser' | 'manual', isTTY = true) {
  const desk = new MemoryDesk();
  const logins = createLoginControl({
    logins: new MemoryLogins([]),
    desk,
    check: async () => undefined,
    setAdopted: async () => undefined,
    nowMs: () => sceneNowMs,
  });
  const app = createControlServer({ logins } as ControlService, memoryLogger().logger, () => sceneNowMs);
  const talk: Pick<Conversation, 'ask'> = {
    ask: async (method, url, body) => {
      const reply = await app.inject({ method, url, ...(body === undefined ? {} : { payload: body }) });
      if (reply.statusCode >= 400) throw errorFrom(reply.json().companion);
      return reply.json();
    },
  };
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: (isRaw: boolean) => void modes.push(isRaw) });
  const progress = await desk.begin({ provider: 'anthropic', way });
  const problems: string[] = [];
  const followed = followLogin({
    talk,
    progress,
    input: input as never,
    onWrongPaste: (problem) => void problems.push(problem),
  });
  followed.catch(() => undefined);
  return { desk, input, modes, problems, followed };
}

describe('at a terminal', () => {
  it('a login that the browser finishes ends the waiting, and the terminal is as before', async () => {
    const { desk, followed, modes, input } = await begin('browser');
    await sleep(10);
    expect(modes).toEqual([true]);
    desk.end();
    expect(await followed).toEqual(loginStatus());
    expect(modes).toEqual([true, false]);
    expect(input.listenerCount('data') + input.listenerCount('end')).toBeLessThanOrEqual(1);
    expect(desk.calls).not.toContain('cancel login-1');
  });

  it('the answer may be pasted meanwhile, however it was begun; an empty line is none', async () => {
    const { desk, followed, input } = await begin('browser');
    input.write('\r');
    await sleep(5);
    input.write('\u001b[200~  right-code \u001b[201~\r');
    expect(await followed).toEqual(loginStatus());
    expect(desk.calls).toEqual(['begin anthropic browser', 'finish right-code']);
  });

  it('a wrong answer is told in the words of the desk, and another may be pasted', async () => {
    const { desk, followed, input, problems } = await begin('manual');
    input.write('wrong\r');
    await sleep(20);
    input.write('right-code\r');
    expect(await followed).toEqual(loginStatus());
    expect(problems).toEqual(['The answer belongs to another login.']);
    expect(desk.calls).toEqual(['begin anthropic manual', 'finish wrong', 'finish right-code']);
  });

  it('what the provider refuses is final', async () => {
    const { desk, followed, input, problems } = await begin('manual');
    const error = new CompanionError('LOGIN_REFUSED', 'Invalid code, it says.');
    desk.finish = async () => ({ state: 'failed', error });
    input.write('right-code\r');
    await expect(followed).rejects.toMatchObject({ code: 'LOGIN_REFUSED', message: 'Invalid code, it says.' });
    expect(problems).toEqual([]);
  });

  it.each(['\u0003', '\u0004', 'half a code\u0003'])('%j gives up: the login is cancelled', async (keys) => {
    const { desk, followed, input, modes } = await begin('browser');
    input.write(keys);
    await expect(followed).rejects.toMatchObject({
      code: 'LOGIN_CANCELLED',
      remedy: '`companion auth login` begins again, whenever you like.',
    });
    expect(desk.calls.at(-1)).toBe('cancel login-1');
    expect(modes).toEqual([true, false]);
  });
});

describe('without a terminal', () => {
  it('the first line that is piped in is the answer', async () => {
    const { desk, followed, input } = await begin('manual', false);
    input.write('right-');
    input.write('code\nmore');
    expect(await followed).toEqual(loginStatus());
    expect(desk.calls).toContain('finish right-code');
  });

  it('a wrong answer is the end: nobody is there to look for another', async () => {
    const { desk, followed, input } = await begin('manual', false);
    input.write('wrong\nright-code\n');
    await expect(followed).rejects.toMatchObject({ code: 'LOGIN_MISMATCH' });
    expect(desk.calls.at(-1)).toBe('cancel login-1');
  });

  it('a last line may lack its end', async () => {
    const { followed, input } = await begin('manual', false);
    input.end('right-code');
    expect(await followed).toEqual(loginStatus());
  });

  it('nothing at all cancels the login and says so', async () => {
    const { desk, followed, input } = await begin('manual', false);
    input.end();
    await expect(followed).rejects.toMatchObject({ code: 'INVALID_REQUEST', message: 'No answer came in.' });
    expect(desk.calls.at(-1)).toBe('cancel login-1');
  });

  it('nothing is read unless it was asked for', async () => {
    const { desk, followed, input } = await begin('browser', false);
    input.write('right-code\n');
    await sleep(20);
    expect(desk.calls).toEqual(['begin anthropic browser']);
    desk.end({ state: 'failed', error: new CompanionError('LOGIN_DENIED', 'access_denied: The user said no.') });
    await expect(followed).rejects.toMatchObject({ code: 'LOGIN_DENIED', message: 'access_denied: The user said no.' });
  });
});

it('leaves no handler of signals behind', async () => {
  const before = process.listenerCount('SIGINT');
  const { desk, followed } = await begin('browser', false);
  expect(process.listenerCount('SIGINT')).toBe(before + 1);
  desk.end();
  await followed;
  expect(process.listenerCount('SIGINT')).toBe(before);
});
