/** Counts of credentials on a disk that fills up, and in a process that is killed: they and the ledger say the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { Periods } from '../../../companion/base/periods.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { Ledger } from '../../../companion/exchange/ledger.ts';
import { TokenLimits } from '../../../companion/exchange/token-limits.ts';
import { tokensOf } from '../../../companion/store/ledger.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import type { Store } from '../../../companion/store/store.ts';
import { fullDisk } from '../../support/full-disk.ts';
import { ledgerRow } from '../../support/records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const nowMs = () => Date.UTC(2026, 10, 22);

function openLimits(store: Store): TokenLimits {
  const limits = new TokenLimits({
    store,
    scheduleOf: () => 'never',
    periods: new Periods(() => 'UTC'),
    providerOf: () => 'anthropic',
    windowsOf: () => [],
    onEvent: () => undefined,
    nowMs,
  });
  onTestFinished(() => limits.close());
  return limits;
}

/** What the ledger has of each credential. */
function sumsIn(store: Store): Readonly<Record<string, number>> {
  return Object.fromEntries(store.usage('credential', {}).map((group) => [group.key, tokensOf(group)]));
}

function countsIn(store: Store): Readonly<Record<string, number>> {
  return Object.fromEntries(store.credentialLimits().map((one) => [one.credential, one.usedTokens]));
}

it('a full disk ends no request and lifts no limit, and what is kept agrees', async ({ skip }) => {
  const disk = await fullDisk(512 * 1024);
  if (disk.folder === undefined) return skip(disk.reason);
  const path = join(disk.folder, 'companion.db');
  const { store } = openStore(path, { quarantine: false });
  const limits = openLimits(store);
  limits.setLimit(['a'], 150_000);
  const ledger = new Ledger({ store, limits, logger: memoryLogger().logger, nowMs, keepDays: 90, keepRows: 1e6 });
  const usage = { inputTokens: 100, outputTokens: null, cacheReadTokens: null, cacheWriteTokens: null };
  for (let n = 0; n < 2_000; n += 1) ledger.append(ledgerRow({ id: `exc_${n}`, credential: 'a', ...usage }));
  ledger.flush();
  expect(ledger.dropped).toBeGreaterThan(0);
  expect(limits.use('a').used).toBe(200_000);
  expect(limits.standing('a')).toMatchObject({ code: 'TOKEN_LIMIT_REACHED' });
  expect(countsIn(store)).toEqual(sumsIn(store));
  const attempt = () => {
    for (let n = 0; n < 2_000; n += 1) limits.setLimit([`new-${n}`], 1);
  };
  expect(attempt).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
  const stored = new Set(store.credentialLimits().map(({ credential }) => credential));
  const limited = Array.from({ length: 2_000 }, (_, n) => `new-${n}`).filter((id) => limits.use(id).limit !== null);
  expect(limited.every((id) => stored.has(id))).toBe(true);
  ledger.close();
  store.close();
});

it('a process that is killed leaves counts and ledger that agree, and a restart counts on from them', async () => {
  const path = join(await temporaryFolder(), 'companion.db');
  const source = (file: string) => JSON.stringify(new URL(`../../../${file}`, import.meta.url).href);
  const script = `
    const { openStore } = await import(${source('companion/store/open-store.ts')});
    const { Ledger } = await import(${source('companion/exchange/ledger.ts')});
    const { TokenLimits } = await import(${source('companion/exchange/token-limits.ts')});
    const { Periods } = await import(${source('companion/base/periods.ts')});
    const { memoryLogger } = await import(${source('companion/base/log.ts')});
    const { ledgerRow } = await import(${source('test/support/records.ts')});
    const { store } = openStore(${JSON.stringify(path)}, { quarantine: false });
    const nowMs = () => Date.UTC(2026, 10, 22);
    const limits = new TokenLimits({ store, scheduleOf: () => 'never', periods: new Periods(() => 'UTC'), providerOf: () => 'anthropic',
      windowsOf: () => [], onEvent: () => undefined, nowMs });
    const ledger = new Ledger({ store, limits, logger: memoryLogger().logger, nowMs, keepDays: 90, keepRows: 1e6 });
    const append = store.appendExchanges.bind(store);
    store.appendExchanges = (rows, uses) => {
      append(rows, uses);
      process.stdout.write('written\\n');
    };
    let n = 0;
    setInterval(() => {
      for (let i = 0; i < 40; i += 1, n += 1) ledger.append(ledgerRow({ id: 'exc_' + n, credential: 'abc'[n % 3] }));
    }, 1);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await pause(120);
  child.kill('SIGKILL');
  await once(child, 'close');
  const { store } = openStore(path, { quarantine: false });
  onTestFinished(() => store.close());
  const counts = countsIn(store);
  expect(Object.keys(counts)).toEqual(['a', 'b', 'c']);
  expect(counts).toEqual(sumsIn(store));
  expect(openLimits(store).use('a').used).toBe(counts['a']);
});
