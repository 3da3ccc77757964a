/** What becomes of sessions: synced, switched, chosen, taken back, and never made worse than they were. */
import { describe, expect, test } from 'vitest';
import { apiOnlyOrganisation, bob, chatOrganisation, mary } from '../../support/claude-site/people.ts';
import { maxOrganisation, teamOrganisation } from '../../support/claude-site/people.ts';
import { JobFailure } from '../../support/link-client-jobs.ts';
import { ask, eventually, openHouse, openSyncedHouse, ways } from './house.ts';
import type { House } from './house.ts';

const both = [mary, bob];

async function answerOf(house: House): Promise<string> {
  const message = await house.anthropic().messages.create(ask('Hi.'));
  return message.content[0]?.type === 'text' ? message.content[0].text : '';
}

async function errorOf(house: House): Promise<string | null> {
  const reply = await house.post('anthropic', ask('Hi.'));
  await reply.text();
  return reply.headers.get('x-companion-error');
}

/** The organisation and channel of the last completion. */
function lastCompletion(house: House): { organisation: string | undefined; sessionKey: string | undefined } {
  const request = house.site.requests.findLast((one) => one.route === 'completion');
  return { organisation: request?.path.split('/')[3], sessionKey: request?.cookies['sessionKey'] };
}

async function goOffline(house: House, browser: { link: { close(): Promise<void> } }): Promise<void> {
  const online = house.app.service.seats().filter((seat) => seat.isOnline).length;
  await browser.link.close();
  await eventually(
    'the browser is offline',
    () => house.app.service.seats().filter((it) => it.isOnline).length < online,
  );
}

describe('a sync', () => {
  test.each(ways)('tells account, organisation, plan, models and validity (%s)', async (way) => {
    const { house } = await openSyncedHouse(way);
    expect(house.sessions).toMatchObject([
      {
        name: mary.email,
        email: mary.email,
        displayName: mary.displayName,
        organisationId: chatOrganisation.uuid,
        plan: 'Pro',
        restsIn: 'vault',
        state: 'active',
        isDefault: true,
        trouble: null,
      },
    ]);
    expect(house.sessions[0]?.validUntilMs).toBeGreaterThan(Date.now() + 27 * 86_400_000);
    expect(house.site.violations).toEqual([]);
  });

  test('without a session cookie is refused', async () => {
    const house = await openHouse();
    const browser = await house.pair();
    expect(await browser.push({ cookies: { lastActiveOrg: chatOrganisation.uuid } })).toMatchObject({ ok: false });
    expect(house.sessions).toEqual([]);
  });

  test.each(ways)('with a dead session is refused and never replaces a good one (%s)', async (way) => {
    const { house, browser } = await openSyncedHouse(way);
    const good = browser.cookies.get('sessionKey') ?? '';
    browser.cookies.set('sessionKey', 'sk-ant-sid02-dead');
    const ack = await browser.push({ transport: way });
    expect(ack).toMatchObject({ ok: false, error: { code: 'SESSION_EXPIRED' } });
    expect(house.sessions).toMatchObject([{ state: 'active', trouble: null }]);
    browser.cookies.set('sessionKey', good);
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(lastCompletion(house).sessionKey).toBe(good);
  });

  test('of a dead session that rests in its browser says so at once', async () => {
    const { house, browser } = await openSyncedHouse('browser');
    await browser.sync({ restsIn: 'browser' });
    browser.cookies.set('sessionKey', 'sk-ant-sid02-dead');
    expect(await browser.push({ restsIn: 'browser' })).toMatchObject({ ok: false });
    expect(house.sessions).toMatchObject([{ state: 'expired' }]);
  });

  test('is refused for an account whose site says no, with its words', async () => {
    const house = await openHouse();
    const browser = await house.pair();
    house.site.scenario = { refuse: { kind: 'account-disabled' } };
    const ack = await browser.push({ transport: 'direct' });
    expect(ack).toMatchObject({ ok: false, error: { code: 'ACCOUNT_DISABLED' } });
    expect(ack.error?.message).toContain('This organization has been disabled.');
  });
});

describe('a session that could not be checked', () => {
  test('is kept, and identified with the first request', async () => {
    const house = await openHouse({ scenario: { refuse: { kind: 'reset' } } });
    const browser = await house.pair();
    await browser.sync({ transport: 'direct' });
    expect(house.sessions).toMatchObject([{ state: 'unchecked', organisationId: null, email: null }]);
    expect(await errorOf(house)).toBe('UPSTREAM_UNREACHABLE');
    house.site.scenario = {};
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(house.sessions).toMatchObject([
      { state: 'active', organisationId: chatOrganisation.uuid, name: mary.email, email: mary.email },
    ]);
    expect(house.site.violations).toEqual([]);
  });

  test('because of a challenge says so, and lists its models once it can', async () => {
    const house = await openHouse({ scenario: { refuse: { kind: 'challenge' } } });
    const browser = await house.pair();
    await browser.sync({ transport: 'direct' });
    expect(house.sessions).toMatchObject([{ state: 'unchecked', trouble: { code: 'CHALLENGE' } }]);
    house.site.scenario = {};
    const models = await house.anthropic().models.list();
    expect(models.data.map((one) => one.id)).toContain('claude-opus-5');
    expect(house.sessions).toMatchObject([{ state: 'active', trouble: null }]);
  });

  test('is identified once, however many requests wait for it', async () => {
    const house = await openHouse({ scenario: { refuse: { kind: 'reset' } } });
    const browser = await house.pair();
    await browser.sync({ transport: 'direct' });
    house.site.reset();
    const answers = await Promise.all(Array.from({ length: 5 }, () => answerOf(house)));
    expect(new Set(answers)).toEqual(new Set(['You wrote: Hi.']));
    expect(house.routes.filter((route) => route === 'bootstrap')).toHaveLength(1);
  });

  test('that turns out dead is marked expired', async () => {
    const house = await openHouse({ scenario: { refuse: { kind: 'reset' } } });
    const browser = await house.pair();
    await browser.sync({ transport: 'direct' });
    house.site.scenario = {};
    house.site.expireSessions();
    expect(await errorOf(house)).toBe('SESSION_EXPIRED');
    expect(house.sessions).toMatchObject([{ state: 'expired' }]);
  });

  test('of another account than before is told apart with the first request, and nothing is mixed', async () => {
    const house = await openHouse({ people: both });
    const browser = await house.pair();
    await browser.sync({ transport: 'direct' });
    const maryKey = browser.cookies.get('sessionKey');
    house.site.scenario = { refuse: { kind: 'reset' } };
    const { sessionKey } = browser.signIn(bob.email);
    await browser.sync({ transport: 'direct' });
    house.site.scenario = {};
    const answers = await Promise.all([answerOf(house), answerOf(house), answerOf(house)]);
    expect(answers).toEqual(['You wrote: Hi.', 'You wrote: Hi.', 'You wrote: Hi.']);
    // Mary's session was never disproved, so it serves on; Bob's is one of its own.
    expect(lastCompletion(house)).toEqual({ organisation: chatOrganisation.uuid, sessionKey: maryKey });
    expect(house.sessions).toMatchObject([
      { name: mary.email, state: 'active', organisationId: chatOrganisation.uuid, seatId: null },
      { name: bob.email, state: 'active', organisationId: maxOrganisation.uuid, seatId: browser.seatId },
    ]);
    house.app.service.useSession(bob.email, undefined);
    await answerOf(house);
    expect(lastCompletion(house)).toEqual({ organisation: maxOrganisation.uuid, sessionKey });
    expect(house.site.violations).toEqual([]);
  });

  test('from a second browser joins the account that is known already', async () => {
    const house = await openHouse();
    const first = await house.pair();
    const id = await first.sync({ transport: 'direct' });
    house.site.scenario = { refuse: { kind: 'reset' } };
    const second = await house.pair();
    await second.sync({ transport: 'direct' });
    expect(house.sessions).toHaveLength(2);
    house.site.scenario = {};
    const models = await house.openai().models.list();
    expect(models.data.length).toBeGreaterThan(0);
    expect(house.sessions).toMatchObject([{ id, state: 'active', seatId: second.seatId, isDefault: true }]);
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(lastCompletion(house).sessionKey).toBe(second.cookies.get('sessionKey'));
  });
});

describe('a push that could not be checked', () => {
  test.each(['reset', 'challenge'] as const)(
    'takes the place of a good session once it is proved (%s)',
    async (kind) => {
      const { house, browser } = await openSyncedHouse('direct');
      const [before] = house.sessions;
      house.site.scenario = { refuse: { kind } };
      const { sessionKey } = browser.signIn();
      await browser.sync({ transport: 'direct' });
      expect(house.sessions.map(({ state }) => state)).toEqual(['active', 'unchecked']);
      house.site.scenario = {};
      expect(await answerOf(house)).toBe('You wrote: Hi.');
      expect(lastCompletion(house).sessionKey).toBe(sessionKey);
      expect(house.sessions).toMatchObject([
        { id: before?.id, state: 'active', seatId: browser.seatId, trouble: null },
      ]);
    },
  );

  test('and turns out dead leaves the good session as it was', async () => {
    const { house, browser } = await openSyncedHouse('direct');
    const [before] = house.sessions;
    const good = browser.cookies.get('sessionKey');
    house.site.scenario = { refuse: { kind: 'reset' } };
    await browser.sync({ transport: 'direct', cookies: { sessionKey: 'sk-ant-sid02-dead' } });
    house.site.scenario = {};
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(lastCompletion(house).sessionKey).toBe(good);
    expect(house.sessions).toMatchObject([{ id: before?.id, state: 'active' }]);
    expect(house.sessions).toHaveLength(1);
  });

  test('serves as soon as the earlier session fails', async () => {
    const { house, browser } = await openSyncedHouse('direct');
    house.site.scenario = { refuse: { kind: 'reset' } };
    const { sessionKey } = browser.signIn();
    await browser.sync({ transport: 'direct' });
    // One request tries the new one in vain and pauses it; then the earlier one dies.
    expect(await errorOf(house)).toBe('UPSTREAM_UNREACHABLE');
    house.site.expireSessions([sessionKey]);
    house.site.scenario = {};
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(lastCompletion(house).sessionKey).toBe(sessionKey);
    expect(house.sessions).toMatchObject([{ email: mary.email, state: 'active' }]);
  });

  test('is forgotten when the person signs out before it was', async () => {
    const { house, browser } = await openSyncedHouse('direct');
    house.site.scenario = { refuse: { kind: 'reset' } };
    browser.signIn();
    await browser.sync({ transport: 'direct' });
    await browser.clear('signed-out');
    await eventually('it is gone', () => house.sessions.length === 1);
    expect(house.sessions).toMatchObject([{ email: mary.email, state: 'active' }]);
  });
});

describe('a session of which the browser and the vault have a copy each', () => {
  test('serves from the vault when the copy in the browser is dead', async () => {
    const house = await openHouse();
    const browser = await house.pair();
    await browser.sync({ transport: 'auto' });
    await house.settleUsage();
    const good = browser.cookies.get('sessionKey');
    browser.cookies.set('sessionKey', 'sk-ant-sid02-dead');
    const jobsBefore = browser.jobs.length;
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(lastCompletion(house).sessionKey).toBe(good);
    expect(house.sessions).toMatchObject([{ state: 'active', trouble: null }]);
    expect(browser.jobs).toHaveLength(jobsBefore + 1);
    // What is dead is not asked first again.
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(browser.jobs).toHaveLength(jobsBefore + 1);
  });

  test('is not called expired while the copy in the browser cannot be asked about', async () => {
    const house = await openHouse();
    const browser = await house.pair();
    await browser.sync({ transport: 'auto' });
    house.site.expireSessions();
    browser.signIn();
    browser.intercept = () => {
      throw new JobFailure('no-tab');
    };
    const reply = await house.post('anthropic', ask('Hi.'));
    expect(reply.headers.get('x-companion-error')).toBe('BROWSER_JOB_FAILED');
    expect(await reply.text()).toContain('that the companion keeps has ended');
    expect(house.sessions).toMatchObject([{ state: 'active' }]);
    browser.intercept = undefined;
    expect(await answerOf(house)).toBe('You wrote: Hi.');
  });

  test('is expired when both are dead', async () => {
    const house = await openHouse();
    const browser = await house.pair();
    await browser.sync({ transport: 'auto' });
    house.site.expireSessions();
    expect(await errorOf(house)).toBe('SESSION_EXPIRED');
    expect(house.sessions).toMatchObject([{ state: 'expired' }]);
  });

  test('that died in the vault while the browser was away lives again when it is back', async () => {
    const house = await openHouse();
    const browser = await house.pair();
    await browser.sync({ transport: 'auto' });
    await goOffline(house, browser);
    house.site.expireSessions();
    expect(await errorOf(house)).toBe('SESSION_EXPIRED');
    browser.signIn();
    await browser.reconnect(house.port);
    expect(await browser.link.expect('session.request')).toMatchObject({ frame: { reason: 'expired' } });
    expect(house.sessions).toMatchObject([{ state: 'active' }]);
    expect(await answerOf(house)).toBe('You wrote: Hi.');
  });
});

describe('several accounts and browsers', () => {
  test('another account in the same browser gets a session of its own; the first serves on from the vault', async () => {
    const house = await openHouse({ people: both });
    const browser = await house.pair();
    const maryId = await browser.sync();
    const maryKey = browser.cookies.get('sessionKey');
    browser.signIn(bob.email);
    const bobId = await browser.sync();
    expect(house.sessions.map(({ id, email, seatId }) => ({ id, email, seatId }))).toEqual(
      expect.arrayContaining([
        { id: maryId, email: mary.email, seatId: null },
        { id: bobId, email: bob.email, seatId: browser.seatId },
      ]),
    );
    // Mary stays the default, and travels directly: that browser is Bob's now.
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(lastCompletion(house)).toEqual({ organisation: chatOrganisation.uuid, sessionKey: maryKey });
    house.app.service.useSession(bob.email, undefined);
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(lastCompletion(house).organisation).toBe(maxOrganisation.uuid);
    expect(house.site.violations).toEqual([]);
  });

  test('a session that rested in the browser is gone when another account takes its place', async () => {
    const house = await openHouse({ people: both });
    const browser = await house.pair();
    await browser.sync({ restsIn: 'browser' });
    browser.signIn(bob.email);
    await browser.sync({ restsIn: 'browser' });
    expect(house.sessions).toMatchObject([{ email: bob.email, isDefault: true }]);
  });

  test('two browsers with one account are one session, which follows the newest sync', async () => {
    const house = await openHouse();
    const first = await house.pair();
    const second = await house.pair();
    const id = await first.sync();
    expect(await second.sync()).toBe(id);
    expect(house.sessions).toMatchObject([{ id, seatId: second.seatId }]);
    await answerOf(house);
    expect([first.jobs.length > 0, second.jobs.some((job) => job.endsWith('/completion'))]).toEqual([true, true]);
    // What the first browser says about its own session is not about this one.
    await first.clear('signed-out');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(house.sessions).toMatchObject([{ id, state: 'active' }]);
    await first.sync();
    expect(house.sessions).toMatchObject([{ id, seatId: first.seatId }]);
  });

  test('the default account serves; the other takes over when the first has reached its limit', async () => {
    const house = await openHouse({ people: both });
    const first = await house.pair();
    const second = await house.pair({ email: bob.email });
    await first.sync({ transport: 'direct' });
    await second.sync({ transport: 'direct' });
    await answerOf(house);
    expect(lastCompletion(house).organisation).toBe(chatOrganisation.uuid);
    const refusal = { kind: 'rate-limit', form: 'string', resetsAtMs: Date.now() + 3_600_000 } as const;
    house.site.scenario = { refuse: refusal, refuseOn: ['create-conversation'], refuseTimes: 1 };
    await answerOf(house);
    expect(lastCompletion(house).organisation).toBe(maxOrganisation.uuid);
  });
});

describe('organisations', () => {
  test('the one that the browser used last is taken, else the richest that may chat', async () => {
    const house = await openHouse({ people: [bob] });
    const browser = await house.pair();
    await browser.sync();
    expect(house.sessions).toMatchObject([{ organisationId: maxOrganisation.uuid, plan: 'Max 5×' }]);
    browser.cookies.delete('lastActiveOrg');
    await browser.sync();
    expect(house.sessions).toMatchObject([{ organisationId: teamOrganisation.uuid, plan: 'Team' }]);
  });

  test('a Max plan that does not list chat serves', async () => {
    const house = await openHouse({ people: [{ ...bob, organisations: [apiOnlyOrganisation, maxOrganisation] }] });
    const browser = await house.pair();
    await browser.sync();
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(lastCompletion(house).organisation).toBe(maxOrganisation.uuid);
  });

  test('a pinned one is kept over syncs, from whichever browser, with the models that are its own', async () => {
    const house = await openHouse({ people: [bob] });
    const browser = await house.pair();
    const id = await browser.sync({ transport: 'direct' });
    house.app.service.useSession(id, teamOrganisation.name);
    await eventually('its models are known', () => house.sessions[0]?.models.some((one) => one.id === 'claude-team-1'));
    expect(house.sessions).toMatchObject([{ organisation: teamOrganisation.name, plan: 'Team' }]);
    await browser.sync({ transport: 'direct' });
    const other = await house.pair();
    await other.sync({ transport: 'direct' });
    expect(house.sessions).toMatchObject([{ id, organisationId: teamOrganisation.uuid }]);
    await eventually('its models are known', () => house.sessions[0]?.models.some((one) => one.id === 'claude-team-1'));
    await house.anthropic().messages.create(ask('Hi.', { model: 'claude-team-1' }));
    expect(lastCompletion(house).organisation).toBe(teamOrganisation.uuid);
    await house.restart();
    expect(house.sessions).toMatchObject([{ organisationId: teamOrganisation.uuid }]);
  });

  test('one that may not chat, or that does not exist, is not taken', async () => {
    const house = await openHouse();
    const browser = await house.pair();
    const id = await browser.sync();
    const use = (organisation: string) => () => house.app.service.useSession(id, organisation);
    expect(use(apiOnlyOrganisation.uuid)).toThrow(expect.objectContaining({ code: 'ORGANISATION_UNUSABLE' }));
    expect(use('nowhere')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(house.sessions).toMatchObject([{ organisationId: chatOrganisation.uuid }]);
  });

  test('the configuration beats them all', async () => {
    const house = await openHouse({ people: [bob], settings: { 'web.organisation': teamOrganisation.uuid } });
    const browser = await house.pair();
    await browser.sync();
    expect(house.sessions).toMatchObject([{ organisationId: teamOrganisation.uuid }]);
  });

  test.each([
    ['that may not chat', apiOnlyOrganisation.uuid, 'may not chat'],
    ['of somebody else', teamOrganisation.uuid, 'is none of this account'],
  ])('a configured one %s is a standing trouble, in the log too', async (_what, organisation, words) => {
    const house = await openHouse({ settings: { 'web.organisation': organisation } });
    const browser = await house.pair();
    await browser.sync({ transport: 'direct' });
    const trouble = { code: 'ORGANISATION_UNUSABLE', message: expect.stringContaining(words) };
    expect(house.sessions).toMatchObject([{ organisationId: chatOrganisation.uuid, trouble }]);
    // A request that succeeds mends nothing about it.
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(house.sessions).toMatchObject([{ trouble }]);
    const lines = house.log.lines.filter((line) => line['code'] === 'ORGANISATION_UNUSABLE');
    expect(lines).toMatchObject([{ msg: expect.stringContaining('`web.organisation`') }]);
  });

  test('a configured one cannot be undone by a choice that would not last', async () => {
    const house = await openHouse({ people: [bob], settings: { 'web.organisation': teamOrganisation.uuid } });
    const browser = await house.pair();
    const id = await browser.sync();
    const use = () => house.app.service.useSession(id, maxOrganisation.uuid);
    expect(use).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringContaining('Team') }));
  });

  test('an account without any that may chat is synced, and a request says what is wrong', async () => {
    const house = await openHouse({ people: [{ ...mary, organisations: [apiOnlyOrganisation] }] });
    const browser = await house.pair();
    await browser.sync({ transport: 'direct' });
    expect(house.sessions).toMatchObject([{ organisationId: null, plan: null }]);
    expect(await errorOf(house)).toBe('ORGANISATION_UNUSABLE');
  });
});

describe('a session that rests in its browser', () => {
  test('serves without a cookie in the vault, and after a restart as soon as the browser is back', async () => {
    const house = await openHouse();
    const browser = await house.pair();
    await browser.sync({ restsIn: 'browser', transport: 'direct' });
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    expect(house.site.requests.every((request) => request.channel === 'browser')).toBe(true);
    await goOffline(house, browser);
    await house.restart();
    expect(await errorOf(house)).toBe('SEAT_OFFLINE');
    await browser.reconnect(house.port);
    expect(await answerOf(house)).toBe('You wrote: Hi.');
  });

  test('leaves the vault when it rested there before', async () => {
    const { house, browser } = await openSyncedHouse('browser');
    await browser.sync({ restsIn: 'browser' });
    await goOffline(house, browser);
    expect(await errorOf(house)).toBe('SEAT_OFFLINE');
  });
});

describe('the end of a session', () => {
  test('signed out of the site: it is named, its cookies are forgotten, and a sync brings it back', async () => {
    const { house, browser } = await openSyncedHouse('direct');
    await browser.clear('signed-out');
    await eventually('it is marked', () => house.sessions[0]?.state === 'signed-out');
    expect(await errorOf(house)).toBe('SESSION_SIGNED_OUT');
    expect(house.site.requests).toEqual([]);
    await browser.sync({ transport: 'direct' });
    expect(await answerOf(house)).toBe('You wrote: Hi.');
  });

  test('signed out in the middle of an answer: the answer ends well, and revives nothing', async () => {
    const { house, browser } = await openSyncedHouse('direct');
    house.site.scenario = { eventDelayMs: 40 };
    const answer = house.anthropic().messages.stream(ask('one two three four five')).finalText();
    await eventually('the answer runs', () => house.site.conversations[0]?.generations.length === 1);
    await browser.clear('signed-out');
    expect(await answer).toBe('You wrote: one two three four five');
    expect(house.sessions).toMatchObject([{ state: 'signed-out' }]);
  });

  test('taken back: nothing of it is left', async () => {
    const { house, browser } = await openSyncedHouse('direct');
    await browser.clear('unsynced');
    await eventually('it is gone', () => house.sessions.length === 0);
    expect(await errorOf(house)).toBe('SESSION_REQUIRED');
  });

  test('its seat is forgotten: session and secret go with it', async () => {
    const { house, browser } = await openSyncedHouse('direct');
    await house.app.service.unpair(browser.seatId);
    expect(house.sessions).toEqual([]);
    expect(house.app.service.seats()).toEqual([]);
    expect(await errorOf(house)).toBe('SESSION_REQUIRED');
    await house.restart();
    expect(house.sessions).toEqual([]);
  });

  test('its seat is forgotten: accounts that were signed in there before go too', async () => {
    const house = await openHouse({ people: both });
    const browser = await house.pair();
    await browser.sync();
    browser.signIn(bob.email);
    await browser.sync();
    const unpaired = await house.app.service.unpair(browser.seatId);
    expect(unpaired.forgottenSessions.toSorted()).toEqual([bob.email, mary.email]);
    expect([house.sessions, unpaired.keptSessions]).toEqual([[], []]);
    expect(await house.secretNames()).not.toContainEqual(expect.stringMatching(/^session/));
  });

  test('its seat is forgotten: another browser that shares it goes on with a session of its own', async () => {
    const house = await openHouse();
    const first = await house.pair();
    const second = await house.pair();
    const id = await first.sync({ transport: 'auto' });
    await second.sync({ transport: 'auto' });
    const unpaired = await house.app.service.unpair(second.seatId);
    expect(unpaired).toMatchObject({ forgottenSessions: [], keptSessions: [mary.email] });
    expect(house.sessions).toMatchObject([{ id, seatId: first.seatId, state: 'unchecked', validUntilMs: null }]);
    expect(await house.secretNames()).not.toContain(`session/${id}`);
    await first.link.expect('session.request');
    expect(await answerOf(house)).toBe('You wrote: Hi.');
    await first.sync({ transport: 'direct' });
    await answerOf(house);
    expect(lastCompletion(house).sessionKey).toBe(first.cookies.get('sessionKey'));
    expect((await house.app.service.unpair(first.seatId)).forgottenSessions).toEqual([mary.email]);
    expect(house.sessions).toEqual([]);
  });

  test('a push that is still being checked when its seat is forgotten leaves nothing', async () => {
    const house = await openHouse({ scenario: { headDelayMs: 200 } });
    const browser = await house.pair();
    const pushed = browser.push({ transport: 'direct' }).catch(() => undefined);
    await eventually('the check runs', () => house.routes.includes('bootstrap'));
    await house.app.service.unpair(browser.seatId);
    await browser.link.closed;
    void pushed;
    expect(house.sessions).toEqual([]);
    expect(await house.secretNames()).not.toContainEqual(expect.stringMatching(/^session/));
  });

  test('its browser ends the pair: the same', async () => {
    const { house, browser } = await openSyncedHouse('direct');
    await browser.link.send({ t: 'unpair' });
    await eventually('the session is gone', () => house.sessions.length === 0);
    expect(house.app.service.seats()).toEqual([]);
  });

  test('it is removed by hand: the other account becomes the default', async () => {
    const house = await openHouse({ people: both });
    const browser = await house.pair();
    await browser.sync();
    browser.signIn(bob.email);
    await browser.sync();
    await house.app.service.removeSession(mary.email);
    expect(house.sessions).toMatchObject([{ email: bob.email, isDefault: true }]);
  });
});

test('sessions, seats and choices survive a restart', async () => {
  const { house } = await openSyncedHouse('direct');
  const before = house.sessions;
  await house.restart();
  expect(house.sessions).toEqual(before);
  expect(await answerOf(house)).toBe('You wrote: Hi.');
});
