/** The one list of credentials: whatever is done to it, it is what was done; and no token is ever in an answer. */
import fastify from 'fastify';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { builtInProviders } from '../../../shared/api-provider.ts';
import { ApiKeyService } from '../../../companion/account/api-keys.ts';
import { CookieJar } from '../../../companion/account/cookie-jar.ts';
import { CredentialTraits } from '../../../companion/account/credential-traits.ts';
import { SessionService } from '../../../companion/account/session-service.ts';
import { CompanionError, toCompanionError } from '../../../companion/base/error.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { AuthBook } from '../../../companion/http/control/auth-book.ts';
import { SessionDesk } from '../../../companion/http/control/session-desk.ts';
import { addRoutes } from '../../../companion/http/manage/add-routes.ts';
import { authRoutes } from '../../../companion/http/manage/auth-routes.ts';
import { sessionRoutes } from '../../../companion/http/manage/session-routes.ts';
import { renderNeutralError } from '../../../companion/http/render-error.ts';
import { KeyPool } from '../../../companion/router/pool.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import { MemoryVault } from '../../../companion/vault/memory-vault.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { chatGpt, claudeCode, loginStatus, MemoryLogins } from './login-scene.ts';

const canary = 'canary4711canary4711canary';
const keyOf = (index: number) => `sk-ant-${canary}-${index}`;
const sessionOf = (index: number) => `sk-ant-sid01-${canary}-${index}`;

interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into whatever came
  readonly json: any;
}

async function open(logins = new MemoryLogins([])) {
  const clock = new FakeClock();
  const { logger } = memoryLogger();
  const { store } = openStore(':memory:', { quarantine: true });
  onTestFinished(() => store.close());
  const vault = new MemoryVault();
  const texts: string[] = [];
  const pool = new KeyPool(clock);
  let now = 1;
  const nowMs = () => now++;
  const connect = () => [
    {
      kind: 'direct' as const,
      identify: async () => {
        throw new CompanionError('CHALLENGE', 'a check');
      },
      usage: async () => [],
    },
  ];
  const start = async () => {
    const traits = new CredentialTraits(store);
    const keys = await ApiKeyService.open({ vault, providers: builtInProviders, configured: [], logger, nowMs });
    const sessions = new SessionService({
      store,
      jar: new CookieJar(vault),
      connect,
      logger,
      nowMs,
      isOff: (id) => traits.isOff(id),
      configuredOrganisation: null,
      onChange: () => undefined,
      onExpired: () => undefined,
    });
    const standing = (id: string) => pool.standing(id, undefined);
    const common = { sessions, traits, pool, standing, onChange: () => undefined };
    const book = new AuthBook({
      ...common,
      keys,
      logins,
      providers: builtInProviders,
      ask: async () => [],
      quotaOf: () => ({ limit: null, used: 0, remaining: null }),
      totals: () => [],
      onReplaced: () => undefined,
    });
    const app = fastify({ logger: false });
    app.setErrorHandler((thrown, _request, reply) => {
      const error = toCompanionError(thrown);
      return reply.code(error.status).send(renderNeutralError(error, 0).body);
    });
    app.setValidatorCompiler(() => () => true);
    app.setSerializerCompiler(() => (data) => JSON.stringify(data));
    addRoutes(app, [...authRoutes(book), ...sessionRoutes({ desk: new SessionDesk(common), nowMs })], 'trusted');
    return app;
  };
  let app = await start();
  return {
    texts,
    logins,
    restart: async () => void (app = await start()),
    ask: async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object): Promise<Answer> => {
      const answer = await app.inject({ method, url, ...(body === undefined ? {} : { payload: body }) });
      texts.push(answer.body);
      return { status: answer.statusCode, json: answer.json() };
    },
  };
}

interface Entry {
  id: string;
  readonly provider: string;
  readonly type: 'api_key' | 'session';
  secret: string;
  name: string;
  isNamed: boolean;
  priority: number;
  isOff: boolean;
}

type Scene = Awaited<ReturnType<typeof open>>;

/** What the list should be, by plain means. */
class Model {
  entries: Entry[] = [];

  isTaken(name: string, but?: Entry): boolean {
    return this.entries.some((one) => one !== but && one.type === 'api_key' && (one.name === name || one.id === name));
  }

  hasSecret(provider: string, secret: string, but?: Entry): boolean {
    return this.entries.some((one) => one !== but && one.provider === provider && one.secret === secret);
  }

  get told() {
    const tell = ({ id, provider, type, name, priority, isOff }: Entry) => [
      id,
      provider,
      type,
      name,
      type === 'session' ? 0 : priority,
      isOff ? 'off' : 'active',
    ];
    return this.entries.map(tell).toSorted();
  }
}

const step = fc.oneof(
  fc.record({
    op: fc.constant('add' as const),
    provider: fc.constantFrom('claude', 'openai'),
    secret: fc.nat(4),
    name: fc.constantFrom(undefined, 'work', 'home'),
    priority: fc.constantFrom(undefined, 1, 7),
  }),
  fc.record({
    op: fc.constant('put' as const),
    which: fc.nat(5),
    secret: fc.constantFrom(undefined, undefined, 0, 5, 6),
    name: fc.constantFrom(undefined, 'work', 'office'),
    priority: fc.constantFrom(undefined, 3),
    isOff: fc.constantFrom(undefined, true, false),
  }),
  fc.record({ op: fc.constant('delete' as const), which: fc.nat(5) }),
  fc.record({ op: fc.constant('session' as const), secret: fc.nat(2) }),
  fc.record({ op: fc.constant('restart' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function take(one: Step, scene: Scene, model: Model): Promise<void> {
  switch (one.op) {
    case 'restart':
      return scene.restart();
    case 'add':
      return addKey(one, scene, model);
    case 'session':
      return addSession(one.secret, scene, model);
    case 'put':
    case 'delete': {
      const entry = model.entries[one.which % Math.max(1, model.entries.length)];
      if (entry === undefined) return;
      return one.op === 'put' ? change(one, entry, scene, model) : remove(entry, scene, model);
    }
  }
}

async function addKey(one: Extract<Step, { op: 'add' }>, scene: Scene, model: Model): Promise<void> {
  const provider = one.provider === 'claude' ? 'anthropic' : one.provider;
  const secret = keyOf(one.secret);
  const { name, priority } = one;
  const answer = await scene.ask('POST', '/v0/management/auths', {
    provider: one.provider,
    type: 'api_key',
    token: secret,
    name,
    priority,
  });
  if (model.hasSecret(provider, secret) || (name !== undefined && model.isTaken(name))) {
    expect(answer.status).toBe(400);
    return;
  }
  expect(answer.status).toBe(201);
  const { id } = answer.json;
  model.entries.push({
    id,
    provider,
    type: 'api_key',
    secret,
    name: name ?? id,
    isNamed: name !== undefined,
    priority: priority ?? 100,
    isOff: false,
  });
}

/** Nobody can be asked whose it is, so each cookie is a session of its own. */
async function addSession(index: number, scene: Scene, model: Model): Promise<void> {
  const secret = sessionOf(index);
  const known = model.entries.find((entry) => entry.secret === secret);
  const answer = await scene.ask('POST', '/api/session/add', {
    session_key: secret,
    ...(known === undefined ? { name: `s${index}` } : {}),
  });
  const isTaken =
    known === undefined && model.entries.some((one) => one.type === 'session' && one.name === `s${index}`);
  expect(answer.status).toBe(isTaken ? 400 : 201);
  if (isTaken) return;
  if (known !== undefined) known.isOff = false;
  else
    model.entries.push({
      id: answer.json.id,
      provider: 'claude-web',
      type: 'session',
      secret,
      name: `s${index}`,
      isNamed: true,
      priority: 0,
      isOff: false,
    });
}

async function change(one: Extract<Step, { op: 'put' }>, entry: Entry, scene: Scene, model: Model): Promise<void> {
  const isKey = entry.type === 'api_key';
  const secret = isKey && one.secret !== undefined ? keyOf(one.secret) : undefined;
  const priority = isKey ? one.priority : undefined;
  const name = isKey ? one.name : undefined;
  const body = { token: secret, name, priority, ...(one.isOff === undefined ? {} : { enabled: !one.isOff }) };
  const answer = await scene.ask('PUT', `/v0/management/auths/${entry.provider}?id=${entry.id}`, body);
  const isRefused =
    (secret !== undefined && model.hasSecret(entry.provider, secret, entry)) ||
    (name !== undefined && model.isTaken(name, entry));
  expect(answer.status).toBe(isRefused ? 400 : 200);
  if (isRefused) return;
  if (secret !== undefined) Object.assign(entry, { secret, id: answer.json.id });
  if (name !== undefined) Object.assign(entry, { name, isNamed: true });
  if (!entry.isNamed) entry.name = entry.id;
  entry.priority = priority ?? entry.priority;
  entry.isOff = one.isOff ?? entry.isOff;
}

async function remove(entry: Entry, scene: Scene, model: Model): Promise<void> {
  const answer = await scene.ask('DELETE', `/v0/management/auths/${entry.provider}?id=${entry.id}`);
  expect(answer).toMatchObject({ status: 200, json: { deleted: { id: entry.id, name: entry.name }, remains_in: [] } });
  model.entries = model.entries.filter((one) => one !== entry);
}

test('whatever is added, changed and deleted, in whatever order, the list is what was done, and no token is told', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 24 }), async (steps) => {
      const scene = await open();
      const model = new Model();
      for (const one of steps) {
        await take(one, scene, model);
        const { auths } = (await scene.ask('GET', '/v0/management/auths')).json;
        const told = auths.map((auth: Entry & { readonly status: string }) => [
          auth.id,
          auth.provider,
          auth.type,
          auth.name,
          auth.type === 'session' ? 0 : auth.priority,
          auth.status,
        ]);
        expect(told.toSorted()).toEqual(model.told);
      }
      for (const text of scene.texts) expect(text).not.toContain(canary);
    }),
    { numRuns: 60 },
  );
});

describe('a login', () => {
  const own = loginStatus();
  const scene = () => open(new MemoryLogins([own, chatGpt, claudeCode]));

  test('is listed with its account, plan and end, and where it rests', async () => {
    const { ask } = await scene();
    const { auths } = (await ask('GET', '/v0/management/auths')).json;
    expect(auths).toMatchObject([
      {
        id: own.id,
        provider: 'anthropic',
        type: 'oauth',
        plan: 'Max 20×',
        email: 'ada@example.com',
        priority: 50,
        status: 'active',
        source: 'companion',
      },
      { id: chatGpt.id, provider: 'codex', type: 'oauth', plan: 'Plus', places: [chatGpt.location] },
      {
        id: claudeCode.id,
        provider: 'anthropic',
        status: 'off',
        status_reason: expect.stringContaining('auth adopt claude-code'),
      },
    ]);
    expect((await ask('GET', '/v0/management/auths/chatgpt')).json.auths).toHaveLength(1);
  });

  test('gets a rank and is turned off; its tokens and its name are not set', async () => {
    const { ask } = await scene();
    const path = `/v0/management/auths/claude?id=${own.id}`;
    expect((await ask('PUT', path, { priority: 3, enabled: false })).json).toMatchObject({
      priority: 3,
      status: 'off',
    });
    expect((await ask('PUT', path, { enabled: true })).json).toMatchObject({ priority: 3, status: 'active' });
    for (const body of [{ token: 'x' }, { name: 'x' }]) expect((await ask('PUT', path, body)).status).toBe(400);
    const adopted = await ask('PUT', `/v0/management/auths/claude?id=${claudeCode.id}`, { enabled: true });
    expect(adopted).toMatchObject({ status: 400, json: { error: { message: expect.stringContaining('auth adopt') } } });
  });

  test('is renewed; one that another program renews is left alone, with the reason', async () => {
    const { ask, logins } = await scene();
    const { results } = (await ask('POST', '/v0/management/auths/claude/refresh')).json;
    expect(results).toMatchObject([
      { id: own.id, outcome: 'refreshed', message: null },
      { id: claudeCode.id, outcome: 'skipped' },
    ]);
    expect(logins.calls).toEqual([`refresh ${own.id}`]);
    logins.refresh = async () => {
      throw new CompanionError('LOGIN_REFRESH_FAILED', 'Nobody answered.');
    };
    const failed = await ask('POST', `/v0/management/auths/chatgpt/refresh?id=${chatGpt.id}`);
    expect(failed.json.results).toMatchObject([
      { outcome: 'failed', message: expect.stringContaining('Nobody answered.') },
    ]);
  });
});

test('a session is renamed, and its rank and its cookie are not set here', async () => {
  const { ask } = await open();
  const { id } = (
    await ask('POST', '/v0/management/auths', {
      provider: 'claude.ai',
      type: 'session',
      token: sessionOf(1),
      name: 'a',
    })
  ).json;
  const path = `/v0/management/auths/claude-web?id=${id}`;
  expect((await ask('PUT', path, { name: 'b' })).json).toMatchObject({ name: 'b', type: 'session', status: 'active' });
  for (const body of [{ token: 'x' }, { priority: 1 }]) expect((await ask('PUT', path, body)).status).toBe(400);
  expect((await ask('POST', `/v0/management/auths/claude-web/refresh`)).json.results).toMatchObject([
    { id, outcome: 'failed', message: expect.stringContaining('a check') },
  ]);
});
