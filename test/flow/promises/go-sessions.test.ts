/** Sessions over HTTP, as the README of the Go ccproxy promises them, and which of several serves. */
import { describe, expect, test } from 'vitest';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sessionDisclosure } from '../../../shared/session-disclosure.ts';
import { bob, mary, chatOrganisation, apiOnlyOrganisation, maxOrganisation } from '../../support/claude-site/people.ts';
import { curl } from '../../support/curl.ts';
import type { CurlAnswer } from '../../support/curl.ts';
import { ask, openHouse } from '../web/house.ts';
import type { House, HouseOptions } from '../web/house.ts';

const people = [mary, bob];

const run = (house: House, line: string): Promise<CurlAnswer> =>
  curl(line.replace('your-admin-key', house.app.service.adminKey().reveal()), { url: house.url });

/** As the README prints it. */
const addLine = (
  name: string,
  sessionKey: string,
  organisation?: string,
) => `curl -X POST http://localhost:8080/api/session/add \\
  -H "X-Admin-Key: your-admin-key" \\
  -H "Content-Type: application/json" \\
  -d '${JSON.stringify({ name, session_key: sessionKey, ...(organisation && { organization_id: organisation }) })}'`;
const listLine = 'curl -H "X-Admin-Key: your-admin-key" http://localhost:8080/api/session/list';
const post = (path: string) => `curl -X POST http://localhost:8080${path} -H "X-Admin-Key: your-admin-key"`;

async function openBoth(options: HouseOptions = {}) {
  const house = await openHouse({ people, ...options });
  const keys = { mary: house.site.signIn(mary.email).sessionKey, bob: house.site.signIn(bob.email).sessionKey };
  const ids = {
    mary: String((await run(house, addLine('home', keys.mary))).json.id),
    bob: String((await run(house, addLine('work', keys.bob, maxOrganisation.uuid))).json.id),
  };
  await house.settleUsage();
  house.site.reset();
  return { house, keys, ids };
}

/** Whose cookies the completions came with, in order. */
function askedAs(house: House, keys: Readonly<Record<string, string>>): readonly string[] {
  const names = new Map(Object.entries(keys).map(([name, key]) => [key, name]));
  const completions = house.site.requests.filter(({ route }) => route === 'completion');
  return completions.map(({ cookies }) => names.get(cookies['sessionKey'] ?? '') ?? '?');
}

async function say(house: House, headers: Readonly<Record<string, string>> = {}, text = 'Hi.'): Promise<Response> {
  const reply = await fetch(`${house.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': house.key, ...headers },
    body: JSON.stringify(ask(text)),
  });
  await reply.text();
  return reply;
}

describe('a session that is handed over', () => {
  test('GO-7: is checked with claude.ai, kept without a word of its secret, listed, used and deleted', async () => {
    const house = await openHouse({ people });
    const { sessionKey } = house.site.signIn(mary.email);
    expect(sessionKey).toMatch(/^sk-ant-sid0\d-/);
    const added = await run(house, addLine('personal', sessionKey, chatOrganisation.uuid));
    expect(added.status, added.text).toBe(201);
    expect(added.json).toMatchObject({
      name: 'personal',
      email: mary.email,
      organization_id: chatOrganisation.uuid,
      state: 'active',
      is_active: true,
      is_default: true,
      disclosure: expect.stringContaining('Anthropic’s terms may not allow automated use.'),
    });
    const listed = await run(house, listLine);
    expect(listed.json.sessions).toMatchObject([{ id: added.json.id, name: 'personal', plan: 'Pro' }]);
    for (const text of [added.text, listed.text, JSON.stringify(house.log)]) expect(text).not.toContain(sessionKey);
    expect((await say(house)).headers.get('x-companion-route')).toContain(`session=${added.json.id}`);
    expect(house.site.violations).toEqual([]);
    await house.restart();
    expect((await say(house)).status).toBe(200);
    const line = `curl -X DELETE http://localhost:8080/api/session/${added.json.id} -H "X-Admin-Key: your-admin-key"`;
    expect((await run(house, line)).json).toMatchObject({ id: added.json.id });
    expect((await run(house, listLine)).json.sessions).toEqual([]);
    expect((await house.secretNames()).filter((name) => name.startsWith('session/'))).toEqual([]);
    expect((await run(house, line)).status).toBe(404);
  });

  test('GO-7: can be turned off, which a restart does not undo, and on again', async () => {
    const { house, ids, keys } = await openBoth();
    const off = await run(house, post(`/api/session/${ids.mary}/deactivate`));
    expect(off.json).toMatchObject({ id: ids.mary, is_active: false });
    await house.restart();
    expect((await say(house)).status).toBe(200);
    expect(askedAs(house, keys)).toEqual(['bob']);
    await run(house, post('/api/session/work/deactivate'));
    const refused = await say(house);
    expect([refused.status, refused.headers.get('x-companion-error')]).toEqual([503, 'NO_CREDENTIAL']);
    await run(house, post('/api/session/home/activate'));
    await say(house);
    expect(askedAs(house, keys)).toEqual(['bob', 'mary']);
  });

  test('is the same that a browser shares: one account, one session', async () => {
    const house = await openHouse({ people });
    const browser = await house.pair({ email: mary.email });
    const id = await browser.sync();
    const added = await run(house, addLine('mine', house.site.signIn(mary.email).sessionKey));
    expect(added.json).toMatchObject({ id, name: 'mine', email: mary.email });
    expect(house.sessions).toMatchObject([{ id, seatId: browser.seatId, restsIn: 'vault' }]);
    expect(await browser.sync()).toBe(id);
    expect(house.sessions.map(({ name }) => name)).toEqual(['mine']);
  });

  test('that claude.ai does not know is refused, and what is no session says what is wanted', async () => {
    const house = await openHouse({ people });
    const { sessionKey } = house.site.signIn(mary.email);
    house.site.expireSessions();
    for (const [key, says] of [
      [sessionKey, 'claude.ai does not accept this session'],
      ['sk-ant-api03-canary-canary-canary', 'it is an API key'],
      ['sk-ant-oat01-canary-canary-canary', 'it is the token of a login'],
      ['two words', 'it has characters that no cookie has'],
    ] as const) {
      const { status, json, text } = await run(house, addLine('x', key));
      expect([status, json.error.message]).toEqual([400, expect.stringContaining(says)]);
      expect(text).not.toContain('canary');
    }
    expect((await run(house, listLine)).json.sessions).toEqual([]);
    expect(await house.secretNames()).not.toContainEqual(expect.stringContaining('session/'));
  });

  test('of an organisation that is none of the account’s, or that may not chat, is refused with those that may', async () => {
    const house = await openHouse({ people });
    const { sessionKey } = house.site.signIn(mary.email);
    for (const organisation of [apiOnlyOrganisation.uuid, maxOrganisation.uuid]) {
      const { status, json } = await run(house, addLine('x', sessionKey, organisation));
      expect(status).toBe(400);
      expect(json.error.message).toContain(chatOrganisation.uuid);
    }
    expect(house.sessions).toEqual([]);
  });

  test('is kept unchecked while claude.ai wants to see a browser, and never taken for an expired one', async () => {
    const house = await openHouse({ people });
    const { sessionKey } = house.site.signIn(mary.email);
    house.site.scenario = { refuse: { kind: 'challenge' } };
    const added = await run(house, addLine('personal', sessionKey));
    expect(added.json).toMatchObject({ state: 'unchecked', name: 'personal', trouble: { code: 'CHALLENGE' } });
    expect(added.json.trouble.remedy).toMatch(/browser/);
    const again = await run(house, addLine('personal', sessionKey));
    expect(again.json.id).toBe(added.json.id);
    house.site.scenario = {};
    expect((await say(house)).status).toBe(200);
    expect((await run(house, listLine)).json.sessions).toMatchObject([
      { id: added.json.id, name: 'personal', email: mary.email, state: 'active', trouble: null },
    ]);
  });

  test('lasts as long as it is said to, and keeps its name from another', async () => {
    const house = await openHouse({ people });
    const body = { name: 'a', session_key: house.site.signIn(mary.email).sessionKey, expires_in: '720h' };
    const line = (of: object) =>
      `curl -X POST http://localhost:8080/api/session/add -H "X-Admin-Key: your-admin-key" -H "Content-Type: application/json" -d '${JSON.stringify(of)}'`;
    const { json } = await run(house, line(body));
    expect(Math.abs(Date.parse(json.expires_at) - Date.now() - 720 * 3_600_000)).toBeLessThan(5_000);
    expect((await run(house, line({ ...body, expires_in: 'soon' }))).status).toBe(400);
    const { sessionKey } = house.site.signIn(bob.email);
    const taken = await run(house, line({ name: 'a', session_key: sessionKey }));
    expect([taken.status, taken.json.error.message]).toEqual([400, expect.stringContaining('called "a" already')]);
    expect(house.sessions).toHaveLength(1);
  });

  test('in the address is refused, and not repeated', async () => {
    const { house, keys } = await openBoth();
    for (const key of [keys.mary, keys.mary.slice(0, 40)]) {
      const { status, text } = await run(house, post(`/api/session/${key}/deactivate`));
      expect(status).toBe(400);
      expect(text).toMatch(/does not belong in an address|path of the request cannot be read/);
      expect(text).not.toContain(key);
    }
  });

  test('is told in the same words as in the popup', async () => {
    const file = join(import.meta.dirname, '../../../extension/public/_locales/en/messages.json');
    const messages = JSON.parse(await readFile(file, 'utf8')) as Record<string, { readonly message: string }>;
    const [title, vault, agree] = ['consentTitle', 'consentVault', 'consentAgree'].map(
      (name) => messages[name]?.message,
    );
    expect(sessionDisclosure).toEqual({ title, paragraphs: [vault, `Handing it over says: “${agree}”`] });
  });
});

describe('of several sessions', () => {
  test.each([
    ['home', 'mary'],
    ['work', 'bob'],
    [bob.email, 'bob'],
  ])('the one that is named serves: %s', async (account, who) => {
    const { house, keys, ids } = await openBoth();
    const reply = await say(house, { 'x-companion-account': account });
    expect(reply.status).toBe(200);
    expect(askedAs(house, keys)).toEqual([who]);
    expect(reply.headers.get('x-companion-route')).toContain(`session=${ids[who as 'bob' | 'mary']}`);
    expect((await say(house, { 'x-companion-account': 'nobody' })).status).toBe(404);
  });

  test('the default one serves, and they take turns by round robin, each conversation with its own', async () => {
    const first = await openBoth();
    for (let n = 0; n < 3; n++) await say(first.house, {}, `question ${n}`);
    expect(askedAs(first.house, first.keys)).toEqual(['mary', 'mary', 'mary']);
    const { house, keys } = await openBoth({ settings: { 'router.strategy': 'round_robin' } });
    for (let n = 0; n < 4; n++) await say(house, {}, `question ${n}`);
    expect(askedAs(house, keys).toSorted()).toEqual(['bob', 'bob', 'mary', 'mary']);
    for (let n = 0; n < 3; n++) await say(house, { 'x-claude-code-session-id': 'one-talk' }, `more ${n}`);
    expect(new Set(askedAs(house, keys).slice(4)).size).toBe(1);
  });

  test('the one with most quota left serves where the strategy says so', async () => {
    const { house, keys, ids } = await openBoth({ settings: { 'router.strategy': 'quota_aware' } });
    const auths = `curl http://localhost:8317/v0/management/auths/claude-web -H "X-Admin-Key: your-admin-key"`;
    expect((await run(house, auths)).json.auths.map(({ id }: { id: string }) => id)).toEqual([ids.mary, ids.bob]);
    const nowMs = Date.now();
    const limits = (utilization: number) => ({
      type: 'within_limit' as const,
      fiveHour: { utilization, resetsAtMs: nowMs + 3_600_000 },
      sevenDay: { utilization: 0.1, resetsAtMs: nowMs + 7_200_000 },
    });
    house.site.scenario = { limits: limits(0.9) };
    await say(house, { 'x-companion-account': 'home' });
    house.site.scenario = { limits: limits(0.2) };
    await say(house, { 'x-companion-account': 'work' });
    await say(house);
    expect(askedAs(house, keys)).toEqual(['mary', 'bob', 'bob']);
  });

  test('another one answers when the window of the first is full, and goes on until that begins anew', async () => {
    const { house, keys, ids } = await openBoth();
    const resetsAtMs = Math.floor(Date.now() / 1000) * 1000 + 3_600_000;
    house.site.scenario = {
      refuse: { kind: 'rate-limit', form: 'string', resetsAtMs },
      refuseOn: ['completion'],
      refuseTimes: 1,
    };
    const reply = await say(house);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('x-companion-route')).toContain(`session=${ids.bob}`);
    expect(askedAs(house, keys)).toEqual(['mary', 'bob']);
    await say(house);
    expect(askedAs(house, keys)).toEqual(['mary', 'bob', 'bob']);
    const listed = (await run(house, listLine)).json.sessions;
    expect(listed[0]).toMatchObject({ name: 'home', until: new Date(resetsAtMs).toISOString() });
    const auths = await run(house, `curl http://localhost:8317/v0/management/auths -H "X-Admin-Key: your-admin-key"`);
    expect(auths.json.auths).toMatchObject([
      { name: 'home', type: 'session', status: 'cooling', until: new Date(resetsAtMs).toISOString() },
      { name: 'work', type: 'session', status: 'active' },
    ]);
  });

  test('one that expired is passed over for the next', async () => {
    const { house, keys } = await openBoth();
    house.site.expireSessions([keys.bob]);
    expect((await say(house)).status).toBe(200);
    expect(askedAs(house, keys).at(-1)).toBe('bob');
    expect((await run(house, listLine)).json.sessions[0]).toMatchObject({ name: 'home', state: 'expired' });
  });
});
