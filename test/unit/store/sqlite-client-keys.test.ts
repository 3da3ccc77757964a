import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openStore } from '../../../companion/store/open-store.ts';
import { clientKeyRecord } from '../../support/records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function source(path: string): string {
  return JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);
}

async function databasePath(): Promise<string> {
  return join(await temporaryFolder(), 'companion.db');
}

it('a list of models that cannot be read allows nothing', async () => {
  const path = await databasePath();
  const { store } = openStore(path, { quarantine: false });
  store.addClientKey(clientKeyRecord({ models: ['gpt-5'] }));
  store.close();
  const database = new DatabaseSync(path);
  database.exec("UPDATE client_keys SET models = '[7'");
  database.close();
  const { store: again } = openStore(path, { quarantine: false });
  expect(again.clientKeys()).toEqual([clientKeyRecord({ models: [] })]);
  again.close();
});

it('counts and rows agree after the process was killed while it wrote', { timeout: 60_000 }, async () => {
  const path = await databasePath();
  const { store: first } = openStore(path, { quarantine: false });
  first.addClientKey(clientKeyRecord());
  first.close();
  const script = `
    const { openStore } = await import(${source('companion/store/open-store.ts')});
    const { ledgerRow } = await import(${source('test/support/records.ts')});
    const { store } = openStore(${JSON.stringify(path)}, { quarantine: false });
    for (let n = 0; ; n += 1) {
      const rows = [1, 2, 3].map((part) => ledgerRow({ id: process.pid + '-' + n + '-' + part, clientKey: 'ck_1' }));
      store.appendExchanges(rows);
      if (n === 0) process.stdout.write('writes\\n');
    }`;
  for (let round = 0; round < 4; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await pause(Math.random() * 40);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const { store } = openStore(path, { quarantine: false });
    const [counted] = store.clientKeys();
    const [group] = store.usage('client', {});
    expect(counted?.totalRequests).toBe(group?.exchanges);
    expect(counted?.totalRequests).toBeGreaterThan(0);
    expect(counted?.totalTokens).toBe((group?.exchanges ?? 0) * 3520);
    store.close();
  }
});
