/** The worker that renews logins before anybody has to wait for it, and what it tells of that. */
import { expect, test } from 'vitest';
import { eventually } from '../api/house.ts';
import { openAccountHouse } from './house.ts';

interface Told {
  readonly enabled: boolean;
  readonly last_check: string | null;
  readonly next_check: string | null;
  readonly credentials_checked: number;
  readonly refreshed: number;
  readonly failed: number;
}

const path = '/v0/management/auths/refresh/status';

test('CPP-12, CPP-13: a login that ends soon is renewed before a request needs it, and the status tells', async () => {
  const house = await openAccountHouse({
    // It lasts eight hours, and what ends within nine is renewed.
    config: { auth: { refresh: { check_interval: '1s', refresh_lead_time: '9h' } } },
  });
  await house.signIn('anthropic');
  // Whoever signs in also looks at the login, which renews it too.
  await house.stop();
  await house.start();
  const ask = (): Promise<Response> => fetch(house.url + path, { headers: { 'x-admin-key': house.adminKey } });
  const told = await eventually('the worker renewed the login', async () => {
    const status = (await (await ask()).json()) as Told;
    return status.refreshed === 1 && status;
  });
  expect(house.refreshes()).toBeGreaterThanOrEqual(1);
  expect(told).toMatchObject({ enabled: true, refreshed: 1, failed: 0 });
  expect(told.credentials_checked).toBeGreaterThanOrEqual(1);
  expect(Date.parse(told.next_check ?? '')).toBeGreaterThan(Date.parse(told.last_check ?? ''));
});

test('the status wants the admin key, and says when the worker is off', async () => {
  const house = await openAccountHouse({ config: { auth: { refresh: { enabled: false } } } });
  expect((await fetch(house.url + path)).status).toBe(401);
  expect((await fetch(house.url + path, { headers: { 'x-api-key': house.key } })).status).toBe(401);
  const answer = await fetch(house.url + path, { headers: { 'x-admin-key': house.adminKey } });
  expect(await answer.json()).toMatchObject({ enabled: false, last_check: null, next_check: null });
});
