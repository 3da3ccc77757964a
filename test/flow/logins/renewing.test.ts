import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accessOf, makeLogin } from '../../support/logins.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openLogins } from './open-logins.ts';
import type { OpenedLogins } from './open-logins.ts';
import { TokenServer } from './token-server.ts';
import type { Trouble } from './token-server.ts';

const never = new AbortController().signal;

interface Scene extends OpenedLogins {
  readonly home: string;
  readonly url: string;
  readonly server: TokenServer;
  readonly id: string;
}

/** A home with one login, which ends `endsInMs` from now. */
async function scene(endsInMs: number): Promise<Scene> {
  const server = new TokenServer();
  const [home, url] = [await temporaryFolder(), await server.start()];
  const opened = await openLogins(home, url);
  onTestFinished(() => opened.logins.close());
  const { id } = await opened.logins.add(loginOf(server, endsInMs), false);
  return { ...opened, home, url, server, id };
}

function loginOf(server: TokenServer, endsInMs: number): ReturnType<typeof makeLogin> {
  return makeLogin({ access: server.access, refresh: server.refresh, expiresAtMs: Date.now() + endsInMs });
}

interface Program {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly lines: Interface;
}

/** The cache spares each of many processes to compile the same code again. */
function start(program: string, home: string, url: string, ...more: readonly string[]): Program {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [file, home, url, ...more], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(home, 'compiled') },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout }) };
}

async function nextLine({ lines }: Program): Promise<string> {
  const [line] = (await once(lines, 'line')) as [string];
  return line;
}

/** How many requests each of two processes makes at once; how often a process is killed. */
const atOnce = 100;
const kills = Number(process.env['CCPROXY_KILL_ROUNDS'] ?? 25);

describe('an expired token', () => {
  it('PY-12: is renewed once for 100 requests in one process', async () => {
    const { logins, server } = await scene(-1000);
    server.delayMs = 50;
    const [login] = logins.list();
    if (login === undefined) throw new Error('it is listed');
    const leases = await Promise.all(Array.from({ length: atOnce }, () => logins.lease(login, never)));
    expect(new Set(leases.map(({ secret }) => secret.reveal()))).toEqual(new Set([server.access]));
    expect(server.asked).toEqual(['CANARY-refresh-0']);
  });

  it('PY-12: is renewed once for 100 requests in each of two processes', { timeout: 60_000 }, async () => {
    const { home, url, server, logins, id } = await scene(-1000);
    server.delayMs = 100;
    const programs = [1, 2].map(() => start('./lease-program.ts', home, url, String(atOnce)));
    expect(await Promise.all(programs.map(nextLine))).toEqual(['ready 1', 'ready 1']);
    const answers = programs.map(nextLine);
    for (const { child } of programs) child.stdin.write('go\n');
    const tokens = (await Promise.all(answers)).flatMap((line) => JSON.parse(line) as string[]);
    expect(tokens).toEqual(Array.from({ length: 2 * atOnce }, () => server.access));
    expect(server.asked).toEqual(['CANARY-refresh-0']);
    expect(accessOf(await logins.inspect(id, never))).toBe(server.access);
  });
});

describe('a provider in trouble', () => {
  const troubles: readonly Trouble[] = ['500', '429', 'garbage'];

  it.each(troubles)('that answers %s costs no token, and a valid one goes on', { timeout: 60_000 }, async (trouble) => {
    const { logins, server, home, url, id, log } = await scene(30_000);
    server.trouble = trouble;
    const [login] = logins.list();
    if (login === undefined) throw new Error('it is listed');
    for (let n = 0; n < 20; n += 1) expect((await logins.lease(login, never)).secret.reveal()).toBe('CANARY-access-0');
    expect(server.asked).toHaveLength(1);
    await expect(logins.refresh(id, never)).rejects.toMatchObject({ code: 'LOGIN_REFRESH_FAILED' });
    expect(log()).toContain('"event":"token_refresh_fallback"');
    expect(log()).not.toContain('CANARY');
    server.trouble = 'none';
    const again = await openLogins(home, url);
    onTestFinished(() => again.logins.close());
    expect((await again.logins.refresh(id, never)).state).toBe('usable');
    expect(accessOf(await again.logins.inspect(id, never))).toBe(server.access);
  });

  it('that hangs keeps nobody with a valid token waiting, and nobody else for ever', { timeout: 60_000 }, async () => {
    const { logins, server } = await scene(30_000);
    server.trouble = 'hang';
    const [login] = logins.list();
    if (login === undefined) throw new Error('it is listed');
    const startedAtMs = performance.now();
    expect((await logins.lease(login, never)).secret.reveal()).toBe('CANARY-access-0');
    expect(performance.now() - startedAtMs).toBeLessThan(9000);
  });

  it('that will not renew it ever again leaves the record where it is', async () => {
    const { logins, server, id, vault } = await scene(-1000);
    server.signIn();
    await expect(logins.inspect(id, never)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    await expect(logins.inspect(id, never)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    expect(server.asked).toHaveLength(1);
    const [dead] = logins.list();
    if (dead === undefined) throw new Error('it is listed');
    await expect(logins.lease(dead, never)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    expect(logins.statuses()).toMatchObject([{ id, state: 'dead', trouble: { code: 'LOGIN_EXPIRED' } }]);
    expect((await vault.get(`login/anthropic/${id}`))?.reveal()).toContain('CANARY-refresh-0');
    server.signIn();
    await logins.add(loginOf(server, -1000), false);
    expect(logins.statuses()).toMatchObject([{ id, trouble: null }]);
    expect(accessOf(await logins.inspect(id, never))).toBe(server.access);
  });
});

/** A program that waits for its sign to renew. */
async function ready(home: string, url: string): Promise<Program> {
  const program = start('./refresh-program.ts', home, url);
  expect(await nextLine(program)).toBe('ready');
  return program;
}

describe('a kill', () => {
  it(
    `at any moment of a renewal leaves the old tokens or the new ones, whole (${kills} times)`,
    { timeout: 60_000 + kills * 3000 },
    async () => {
      const { home, url, server, logins, id } = await scene(28_000_000);
      let renewals = 0;
      let next = ready(home, url);
      for (let round = 0; round < kills; round += 1) {
        const before = server.asked.length;
        const program = await next;
        // The next one starts meanwhile.
        next = ready(home, url);
        program.child.stdin.write('go\n');
        await nextLine(program);
        await pause(Math.random() * 30);
        program.child.kill('SIGKILL');
        await once(program.child, 'exit');
        renewals += server.asked.length - before;
        await logins.reload();
        const stored = await logins.inspect(id, never);
        const number = Number(server.access.split('-').at(-1));
        const pairs = [number - 1, number].map((n) => [`CANARY-access-${n}`, `CANARY-refresh-${n}`]);
        expect(pairs).toContainEqual([stored.accessToken.reveal(), stored.refreshToken?.reveal()]);
        expect(server.isRevoked).toBe(false);
        // The answer of the provider may have died with the process: then only a new login helps.
        if (stored.refreshToken?.reveal() !== server.refresh) {
          server.signIn();
          await logins.add(loginOf(server, 28_000_000), false);
        }
      }
      (await next).child.kill('SIGKILL');
      expect(renewals).toBeGreaterThanOrEqual(kills);
      expect(logins.statuses()).toHaveLength(1);
      // What the last kill cut off is cleared away at the next start.
      await openLogins(home, url);
      expect((await readdir(home)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    },
  );
});
