/** What a monitoring system sees: `/metrics`, `/healthz` and `/readyz`. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createCanary, findLeaks } from '../../support/canary.ts';
import { fullDisk } from '../../support/full-disk.ts';
import { eventually, openApiHouse, say } from '../api/house.ts';
import { openManagementHouse } from './house.ts';
import type { ManagementHouse, ManagementHouseOptions } from './house.ts';

async function openHouse(options: ManagementHouseOptions = {}): Promise<ManagementHouse> {
  const house = await openManagementHouse(options);
  onTestFinished(() => house.close());
  return house;
}

/** `name{labels}` to value. Fails for a line that is none of the format's. */
function read(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# ')) continue;
    const [, name, value] = /^([a-z_][a-z0-9_]*(?:\{(?:[a-zA-Z_]+="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`not a sample: ${line}`);
    samples.set(name, value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value));
  }
  return samples;
}

function sum(samples: ReadonlyMap<string, number>, name: string, label = ''): number {
  return [...samples]
    .filter(([key]) => key.startsWith(`${name}{`) && key.includes(label))
    .reduce((total, [, value]) => total + value, 0);
}

test('tells exchanges, tokens and times since the start, however often and late it is asked', async () => {
  const house = await openApiHouse({ openai: { openai: ['work'] } });
  const ask = async () => {
    const answer = await house.ask({ path: '/metrics', headers: { 'x-admin-key': house.adminKey } });
    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      expect.stringMatching(/^text\/plain; version=/),
    ]);
    return read(answer.text);
  };
  await house.askClaude(say('x'));
  await house.askClaude(say('x'));
  await house.ask({
    path: '/v1/chat/completions',
    body: { model: 'gpt-5', messages: [{ role: 'user', content: 'x' }] },
  });
  await house.askClaude({ ...say('x'), model: 'made-up-by-a-client' }, { 'x-proxy-mode': 'web' });
  await eventually('all are in the ledger', async () => (await house.exchanges()).length === 4);
  const first = await ask();
  expect(sum(first, 'ccproxy_exchanges_total')).toBe(4);
  expect(sum(first, 'ccproxy_exchanges_total', 'outcome="ok"')).toBe(3);
  expect(sum(first, 'ccproxy_exchanges_total', 'provider="openai"')).toBe(1);
  expect(sum(first, 'ccproxy_tokens_total', 'kind="input"')).toBeGreaterThan(0);
  expect(sum(first, 'ccproxy_first_byte_seconds_count')).toBe(3);
  expect(sum(first, 'ccproxy_exchange_duration_seconds_bucket', 'le="+Inf"')).toBe(3);
  expect(first.get('ccproxy_ledger_dropped_rows_total')).toBe(0);
  expect(first.get('ccproxy_credentials{kind="api-key",provider="anthropic",status="ready"}')).toBe(1);
  expect(first.get('ccproxy_running_exchanges')).toBe(0);
  expect(first.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  expect([...first.keys()].join('\n')).not.toContain('made-up-by-a-client');
  await house.askClaude(say('x'));
  await eventually('one more is in the ledger', async () => (await house.exchanges()).length === 5);
  const second = await ask();
  expect(sum(second, 'ccproxy_exchanges_total')).toBe(5);
  expect(sum(second, 'ccproxy_tokens_total', 'kind="input"')).toBeGreaterThan(
    sum(first, 'ccproxy_tokens_total', 'kind="input"'),
  );
});

test('wants the admin key unless the setting says otherwise, and is not there when it is off', async () => {
  const statusesOf = async (access?: string) => {
    const house = await openHouse(access === undefined ? {} : { settings: { 'metrics.access': access } });
    const clientKey = house.app.service.clientSettings().ANTHROPIC_API_KEY;
    const without = await fetch(`${house.url}/metrics`);
    const asClient = await fetch(`${house.url}/metrics`, { headers: { authorization: `Bearer ${clientKey}` } });
    return [without.status, asClient.status, (await house.get('/metrics')).status];
  };
  expect(await statusesOf()).toEqual([401, 401, 200]);
  expect(await statusesOf('loopback')).toEqual([200, 200, 200]);
  expect(await statusesOf('off')).toEqual([404, 404, 404]);
});

test('holds ids, never a secret, a name or an address of a person', async () => {
  const secret = createCanary('a key', 'sk-ant-api03-');
  const house = await openHouse({
    config: `keys:\n  anthropic:\n    - { key: ${secret.value}, name: ada-lovelace@example.org }\n`,
  });
  const text = await (await house.get('/metrics')).text();
  expect(text).toContain('ccproxy_credentials');
  expect(text).not.toMatch(/ada|@/);
  expect(await findLeaks([secret], { texts: { text } })).toEqual([]);
});

test('is ready while the vault opens and the disk takes writes; else says what is wrong, and no path', async () => {
  const house = await openHouse();
  const ask = async () => {
    const answer = await fetch(`${house.url}/readyz`);
    return { status: answer.status, body: (await answer.json()) as object };
  };
  expect(await ask()).toEqual({ status: 200, body: { status: 'ready', reasons: [] } });
  expect(await (await fetch(`${house.url}/healthz`)).json()).toEqual({ status: 'ok' });
  const vaultPath = join(house.home, 'vault.json');
  expect(existsSync(vaultPath)).toBe(true);
  writeFileSync(vaultPath, 'nothing of a vault');
  await vi.waitFor(async () => {
    const { status, body } = await ask();
    expect(status).toBe(503);
    expect(body).toEqual({
      status: 'unready',
      reasons: [expect.stringMatching(/^[A-Z_]+: the vault cannot be used$/)],
    });
  }, 5_000);
  expect((await fetch(`${house.url}/healthz`)).status).toBe(200);
});

test('is not ready while the disk is full, and is again once there is room', async ({ skip }) => {
  const disk = await fullDisk(2 * 1024 * 1024);
  if (disk.folder === undefined) return skip(disk.reason);
  const house = await openHouse({ settings: { 'storage.db_path': join(disk.folder, 'companion.db') } });
  const ask = async () => (await fetch(`${house.url}/readyz`)).json();
  expect(await ask()).toEqual({ status: 'ready', reasons: [] });
  const filler = join(disk.folder, 'filler');
  expect(() => writeFileSync(filler, Buffer.alloc(4 * 1024 * 1024))).toThrow('ENOSPC');
  const unready = { status: 'unready', reasons: ['STORE_UNAVAILABLE: the database cannot be used'] };
  await vi.waitFor(async () => expect(await ask()).toEqual(unready), 10_000);
  rmSync(filler);
  await vi.waitFor(async () => expect(await ask()).toEqual({ status: 'ready', reasons: [] }), 10_000);
});

test('is not ready while it stops and the last answers are on their way', async () => {
  const house = await openApiHouse();
  house.anthropicApi.scenario = { faults: { frameDelayMs: 150 } };
  const running = house.askClaude(say('x', { stream: true }));
  await eventually('it runs', async () => house.app.service.status().activity.length === 1);
  const { url } = house;
  const stopped = house.app.stop();
  const answer = await fetch(`${url}/readyz`);
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { status: 'unready', reasons: ['SHUTTING_DOWN: the companion stops'] },
  ]);
  expect((await running).isCut).toBe(false);
  await stopped;
});
