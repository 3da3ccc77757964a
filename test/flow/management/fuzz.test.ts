/**
 * Every route that wants the admin key, asked with all sorts of things: made of the API's own description, so that a new route
 * is asked as soon as it is there.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { OpenApiDocument, OpenApiOperation } from '../../../companion/http/manage/openapi.ts';
import { errorTable } from '../../../shared/error-code.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { createCanary, findLeaks } from '../../support/canary.ts';
import { hostileTexts, hostileValues, valuesOf } from '../../support/from-schema.ts';
import type { JsonSchema } from '../../support/from-schema.ts';
import { ledgerRow } from '../../support/records.ts';
import { openManagementHouse } from './house.ts';
import type { ManagementHouse } from './house.ts';

const seed = 20_261_122;
const valid = 12;
const hostile = 24;

const canaries = {
  configKey: createCanary('a key in config.yaml', 'sk-ant-api03-'),
  environmentKey: createCanary('a key in the environment', 'sk-'),
  vaultKey: createCanary('a key in the vault', 'sk-ant-api03-'),
  adminKey: createCanary('the admin key', 'ccpa_'),
  jwtSecret: createCanary('the secret of client keys'),
  password: createCanary('the password of a proxy'),
};

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operation: OpenApiOperation;
}

let house: ManagementHouse;
let document: OpenApiDocument;
let operations: readonly Operation[];
const answers: string[] = [];

function openHouse(): Promise<ManagementHouse> {
  const { configKey, environmentKey, adminKey, jwtSecret, password } = canaries;
  return openManagementHouse({
    config: stringify({ keys: { anthropic: [{ key: configKey.value, name: 'from config' }] } }),
    environment: {
      OPENAI_API_KEY: environmentKey.value,
      CCPROXY_OPENAI_API_KEYS: environmentKey.value,
      CCPROXY_ADMIN_KEY: adminKey.value,
      CCPROXY_JWT_SECRET: jwtSecret.value,
      HTTPS_PROXY: `http://user:${password.value.slice(0, 40)}@127.0.0.1:9`,
    },
  });
}

beforeAll(async () => {
  house = await openHouse();
  house.append(ledgerRow({ id: 'exc_known' }));
  const added = await house.app.control.inject({
    method: 'POST',
    url: '/control/keys',
    payload: { key: canaries.vaultKey.value, provider: 'anthropic', name: 'from the vault', force: true },
  });
  expect(added.statusCode, added.body).toBeLessThan(400);
  document = (await (await fetch(`${house.url}/v0/openapi.json`)).json()) as OpenApiDocument;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation['x-access'] === 'admin')
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
});
afterAll(() => house.close());

interface Question {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly body: string | undefined;
}

function resolve(reference: string): JsonSchema {
  const found = reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document);
  return found as JsonSchema;
}

/** Ids and names that something has. */
const known = ['anthropic', 'openai', 'claude', 'exc_known', 'from config'];

function questionsFor({ method, path, operation }: Operation, isValid: boolean): fc.Arbitrary<Question> {
  const wild = fc.constantFrom(...hostileTexts);
  const either = (schema: JsonSchema) =>
    isValid ? valuesOf(schema, resolve) : fc.oneof(wild, valuesOf(schema, resolve));
  const parameters = operation.parameters ?? [];
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  const segments = fc.tuple(...inPath.map(({ schema }) => fc.oneof(fc.constantFrom(...known), either(schema))));
  const query = fc.tuple(
    ...inQuery.map(({ schema, required }) => fc.option(either(schema), { nil: undefined, freq: required ? 20 : 1 })),
  );
  const bodies = bodiesFor(operation, isValid);
  return fc.record({ segments, query, bodies, isTwice: fc.boolean() }).map((made) => {
    const pairs = inQuery
      .map(({ name }, index) => [name, made.query[index]] as const)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${encode(value)}`);
    const all = made.isTwice && !isValid ? [...pairs, ...pairs] : pairs;
    const filled = inPath.reduce(
      (at, { name }, index) => at.replace(`{${name}}`, encode(made.segments[index]) || '%20'),
      path,
    );
    const { contentType, body } = made.bodies;
    return { method, path: all.length === 0 ? filled : `${filled}?${all.join('&')}`, contentType, body };
  });
}

function encode(value: unknown): string {
  return encodeURIComponent(String(value).toWellFormed());
}

const json = 'application/json';
const noBody = { contentType: json, body: undefined };

function bodiesFor(
  { requestBody }: OpenApiOperation,
  isValid: boolean,
): fc.Arbitrary<Pick<Question, 'contentType' | 'body'>> {
  const content = requestBody?.content as Record<string, { readonly schema: JsonSchema }> | undefined;
  const schema = content?.[json]?.schema;
  const values = schema === undefined ? undefined : valuesOf(schema, resolve);
  const asJson = (made: fc.Arbitrary<unknown>) =>
    made.map((value) => ({ contentType: json, body: JSON.stringify(value) }));
  if (isValid) return values === undefined ? fc.constant(noBody) : asJson(values);
  const raw = fc.constantFrom(
    '',
    '{',
    '[1,',
    '\u0000',
    '"\\ud800"',
    '{"a":1}{"b":2}',
    '{"__proto__":{"x":1}}',
    '['.repeat(5_000),
    JSON.stringify({ name: 'x'.repeat(1_000_000) }),
  );
  return fc.oneof(
    fc.constant(noBody),
    asJson(fc.constantFrom(...hostileValues)),
    fc.record({ contentType: fc.constantFrom(json, 'text/plain', 'application/x-www-form-urlencoded'), body: raw }),
    ...(values === undefined ? [] : [asJson(values.chain(spoiled))]),
  );
}

/** One field of it is something else. */
function spoiled(value: unknown): fc.Arbitrary<unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return fc.constant(value);
  const names = [...Object.keys(value), 'unknown_field', '__proto__'];
  return fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...hostileValues))
    .map(
      ([name, other]) => JSON.parse(`{${[...Object.entries(value), [name, other]].map(member).join(',')}}`) as unknown,
    );
}

function member([name, value]: readonly [string, unknown] | readonly unknown[]): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`;
}

async function put(question: Question, headers: Readonly<Record<string, string>>, url = house.url) {
  const { method, path, contentType, body } = question;
  const hasBody = body !== undefined && method !== 'GET';
  const answer = await fetch(url + path, {
    method,
    headers: { ...headers, ...(hasBody ? { 'content-type': contentType } : {}) },
    ...(hasBody ? { body } : {}),
    signal: AbortSignal.timeout(10_000),
  });
  return { status: answer.status, text: await answer.text(), headers: JSON.stringify([...answer.headers]) };
}

/** A provider that cannot be reached is nobody's mistake here, where the description says that it may happen. */
function isHonest({ operation }: Operation, status: number, text: string): boolean {
  if (status < 500) return true;
  const { code } = (JSON.parse(text) as { readonly error: { readonly code: ErrorCode } }).error;
  return errorTable[code].blame === 'upstream' && operation.responses[status] !== undefined;
}

test.each([
  ['valid', valid],
  ['hostile', hostile],
] as const)(
  '%s questions are answered or refused by every route, and nothing breaks',
  async (kind, count) => {
    const headers = { 'x-admin-key': canaries.adminKey.value };
    expect(operations.length).toBeGreaterThan(10);
    const statuses = new Map<number, number>();
    for (const operation of operations) {
      for (const question of fc.sample(questionsFor(operation, kind === 'valid'), { seed, numRuns: count })) {
        const { status, text, headers: told } = await put(question, headers);
        answers.push(text, told);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect(isHonest(operation, status, text), `${status} ${JSON.stringify(question).slice(0, 2_000)} ${text}`).toBe(
          true,
        );
      }
    }
    // Questions that nobody takes would show nothing, and neither would those that everybody takes.
    const asked = operations.length * count;
    const taken = [...statuses].filter(([status]) => status < 300).reduce((sum, [, times]) => sum + times, 0);
    expect(taken / asked, JSON.stringify([...statuses])).toBeGreaterThan(kind === 'valid' ? 0.3 : 0.05);
    expect(taken / asked, JSON.stringify([...statuses])).toBeLessThan(kind === 'valid' ? 1 : 0.7);
    expect((await put({ ...noBody, method: 'GET', path: '/readyz' }, {})).status).toBe(200);
  },
  60_000,
);

test('no secret is in any answer, nor in the log', async () => {
  expect(answers.length).toBeGreaterThan(100);
  const texts = { answers: answers.join('\n'), log: house.log.text() };
  expect(await findLeaks(Object.values(canaries), { texts })).toEqual([]);
});

test('a hostile question changes no prototype', () => {
  expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
});

const strangers: readonly ((clientKey: string) => Readonly<Record<string, string>>)[] = [
  () => ({}),
  () => ({ 'x-admin-key': 'ccpa_wrong' }),
  (clientKey) => ({ 'x-api-key': clientKey, authorization: `Bearer ${clientKey}` }),
];
/** Whoever is wrong more often in a minute is told to wait. */
const guesses = 30;

test('without the admin key every route answers 401, and nothing changes', async () => {
  const questions = operations.flatMap((operation) =>
    fc.sample(questionsFor(operation, true), { seed, numRuns: strangers.length }).map((question, index) => ({
      question,
      stranger: strangers[index % strangers.length] ?? (() => ({})),
    })),
  );
  for (let from = 0; from < questions.length; from += guesses) {
    const fresh = await openHouse();
    const before = stateOf(fresh.home);
    for (const { question, stranger } of questions.slice(from, from + guesses)) {
      const { status, text } = await put(
        question,
        stranger(fresh.app.service.clientSettings().ANTHROPIC_API_KEY),
        fresh.url,
      );
      expect(status, `${question.method} ${question.path} ${text}`).toBe(401);
    }
    const after = stateOf(fresh.home);
    await fresh.close();
    expect(after).toEqual(before);
  }
}, 60_000);

test.each([
  (path: string) => `/${path}`,
  (path: string) => `${path}/`,
  (path: string) => `${path}?admin_key=${canaries.adminKey.value}&key=${canaries.adminKey.value}`,
  (path: string) => path.replace('/management/', '/./management/'),
  (path: string) => path.replace('/management/', '/%6danagement/'),
  (path: string) => `/v1/..${path}`,
  (path: string) => `${path};x=1`,
  (path: string) => path.toUpperCase(),
])('no way of writing a path leads past the key (%#)', async (rewrite) => {
  const listed = operations.filter(({ method, path }) => method === 'GET' && !path.includes('{'));
  expect(listed.length).toBeGreaterThan(4);
  for (const { path } of listed) {
    const { status } = await put({ ...noBody, method: 'GET', path: rewrite(path) }, {});
    expect([401, 404, 400, 429], `${rewrite(path)}: ${status}`).toContain(status);
  }
});

test('a body longer than any question is refused, also where no key is asked for', async () => {
  const answer = await fetch(`${house.url}/v0/oauth/copilot/redeem`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: house.url },
    body: JSON.stringify({ ticket: 'x'.repeat(1_100_000) }),
  });
  expect([answer.status, answer.headers.get('x-companion-error')]).toEqual([413, 'BODY_TOO_LARGE']);
});

/** Everything that rests in the home but the log: files by their bytes, the database by its rows. */
function stateOf(home: string): Readonly<Record<string, string>> {
  const digest = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
  const files = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.log|companion\.db|run\.json/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const database = new DatabaseSync(join(home, 'companion.db'), { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  const rows = tables.map(({ name }) => [
    String(name),
    digest(JSON.stringify(database.prepare(`SELECT * FROM ${String(name)}`).all())),
  ]);
  database.close();
  return Object.fromEntries([...files.map((path) => [path, digest(readFileSync(path))]), ...rows]);
}
