import { assert, dictionary, jsonValue, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codexAuthCodec, loginOfAccessToken } from '../../../../companion/account/adopt/codex-auth-json.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import { Secret } from '../../../../shared/redact.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { accessToken, codexAuth, expiresAtMs, idToken, jwt } from './logins.ts';

const codec = codexAuthCodec(new FakeClock(Date.UTC(2026, 4, 31, 12)));
const read = (document: unknown) => codec.parse(JSON.stringify(document));
const renewedAtMs = Date.UTC(2026, 4, 30, 8, 9, 10, 11);

function renewed(from: StoredLogin, changes: Partial<StoredLogin> = {}): StoredLogin {
  return {
    ...from,
    accessToken: new Secret(accessToken(expiresAtMs + 60_000, 'two')),
    refreshToken: new Secret('rt_two'),
    expiresAtMs: expiresAtMs + 60_000,
    refreshedAtMs: renewedAtMs,
    ...changes,
  };
}

/** Fails where there is no login. */
function login(document: unknown): StoredLogin {
  const found = read(document);
  if (found === undefined) throw new Error('no login');
  return found;
}

describe("reading Codex's auth.json", () => {
  test('CCP-13: takes tokens, account and times from the form that Codex writes', () => {
    const found = login(codexAuth);
    expect(found).toMatchObject({
      provider: 'openai',
      expiresAtMs,
      refreshExpiresAtMs: null,
      scopes: ['openid', 'offline_access'],
      account: { id: 'account-1', email: 'ada@example.org', subscriptionType: 'plus' },
      refreshedAtMs: Date.UTC(2026, 4, 20, 10, 0, 0, 123),
    });
    expect(found.accessToken.reveal()).toBe(codexAuth.tokens.access_token);
    expect(found.refreshToken?.reveal()).toBe('rt_one');
    expect(found.idToken?.reveal()).toBe(idToken);
  });

  test.each([
    ['seconds', expiresAtMs / 1000],
    ['milliseconds', expiresAtMs],
    ['a date', new Date(expiresAtMs).toISOString()],
    ['digits in a text', String(expiresAtMs / 1000)],
  ])('CCP-13: takes the flat form too, with expires_at as %s', (_form, expires_at) => {
    const found = login({ access_token: 'opaque', refresh_token: 'rt_flat', expires_at });
    expect(found.expiresAtMs).toBe(expiresAtMs);
    expect(found.refreshToken?.reveal()).toBe('rt_flat');
  });

  test('believes what the token says of its end rather than what stands beside it', () => {
    expect(login({ access_token: accessToken(expiresAtMs), expires_at: 1 }).expiresAtMs).toBe(expiresAtMs);
  });

  test('takes the account that stands in the file, as Codex does', () => {
    const tokens = { ...codexAuth.tokens, account_id: 'account-2' };
    expect(login({ ...codexAuth, tokens }).account).toMatchObject({ id: 'account-2', email: 'ada@example.org' });
  });

  test.each(['two words', 'a\r\nx-other: 1', 'é', 'x'.repeat(300)])(
    'takes no account that no header can name: %j',
    (id) => {
      const auth = { chatgpt_account_id: id };
      const inToken = jwt({ exp: expiresAtMs / 1000, email: 'a@b.example', 'https://api.openai.com/auth': auth });
      const inFile = { ...codexAuth.tokens, account_id: id };
      expect(login({ ...codexAuth, tokens: inFile }).account?.id).toBe('account-1');
      expect(login({ tokens: { access_token: inToken } }).account).toMatchObject({ id: null, email: 'a@b.example' });
    },
  );

  test.each([
    ['an API key', { ...codexAuth, auth_mode: 'apikey', OPENAI_API_KEY: 'sk-x' }],
    ['an API key and no mode', { ...codexAuth, auth_mode: undefined, OPENAI_API_KEY: 'sk-x' }],
    ["an agent's identity", { ...codexAuth, auth_mode: 'agentIdentity' }],
    ['nothing', { OPENAI_API_KEY: null }],
    ['no tokens', { auth_mode: 'chatgpt', tokens: null }],
  ])('finds no ChatGPT login where Codex uses %s', (_what, document) => {
    expect(read(document)).toBeUndefined();
  });

  test('finds the login of an older Codex, which wrote no mode', () => {
    expect(login({ ...codexAuth, auth_mode: undefined }).account?.id).toBe('account-1');
    expect(login({ tokens: { ...codexAuth.tokens, refresh_token: '' } }).refreshToken).toBeNull();
  });

  test('PY-6: does not take what is no JSON object, or no token', () => {
    for (const text of ['', '  ', '{"tokens": {"access_', '[]', 'null', '"x"', '{"access_token":"two words"}']) {
      expect(() => codec.parse(text), text).toThrow();
    }
  });

  test('takes a bare access token only if it is of a ChatGPT account', () => {
    const token = jwt({ exp: expiresAtMs / 1000, 'https://api.openai.com/auth': { chatgpt_account_id: 'account-3' } });
    expect(loginOfAccessToken(token)).toMatchObject({ expiresAtMs, refreshToken: null, account: { id: 'account-3' } });
    expect(loginOfAccessToken(accessToken(expiresAtMs))).toBeUndefined();
    expect(loginOfAccessToken('opaque')).toBeUndefined();
    expect(loginOfAccessToken('two words')).toBeUndefined();
  });
});

describe("writing Codex's auth.json", () => {
  test('makes the form that Codex itself writes', () => {
    const next = renewed(login(codexAuth));
    expect(codec.merge(undefined, next)).toBe(
      JSON.stringify(
        {
          auth_mode: 'chatgpt',
          OPENAI_API_KEY: null,
          tokens: {
            id_token: idToken,
            access_token: next.accessToken.reveal(),
            refresh_token: 'rt_two',
            account_id: 'account-1',
          },
          last_refresh: '2026-05-30T08:09:10.011000Z',
        },
        null,
        2,
      ),
    );
  });

  test('changes the tokens and their date, and leaves all other keys where they are', () => {
    const next = renewed(login(codexAuth));
    const expected = structuredClone(codexAuth);
    expected.tokens.access_token = next.accessToken.reveal();
    expected.tokens.refresh_token = 'rt_two';
    expected.last_refresh = '2026-05-30T08:09:10.011000Z';
    expect(codec.merge(`${JSON.stringify(codexAuth)}\n`, next)).toBe(`${JSON.stringify(expected, null, 2)}\n`);
  });

  test('CCP-13: leaves the flat form flat, and its time in the unit that it had', () => {
    const flat = { expires_at: expiresAtMs / 1000, note: 1, access_token: 'a', refresh_token: 'b' };
    const next = renewed(login(flat), { account: null });
    expect(codec.merge(JSON.stringify(flat), next)).toBe(
      JSON.stringify(
        {
          expires_at: expiresAtMs / 1000 + 60,
          note: 1,
          access_token: next.accessToken.reveal(),
          refresh_token: 'rt_two',
        },
        null,
        2,
      ),
    );
    const dated = { ...flat, expires_at: new Date(expiresAtMs).toISOString() };
    expect(JSON.parse(codec.merge(JSON.stringify(dated), next)).expires_at).toBe('2026-06-01T00:01:00.000Z');
    const inMs = { ...flat, expires_at: expiresAtMs };
    expect(JSON.parse(codec.merge(JSON.stringify(inMs), next)).expires_at).toBe(expiresAtMs + 60_000);
  });

  test('keeps the id token when a new one was not given, and dates a login that does not say when it was renewed', () => {
    const next = renewed(login(codexAuth), { idToken: null, refreshedAtMs: null });
    const written = JSON.parse(codec.merge(JSON.stringify(codexAuth), next));
    expect(written.tokens.id_token).toBe(idToken);
    expect(written.last_refresh).toBe('2026-05-31T12:00:00.000000Z');
  });

  test('turns Codex to the new login where it used an API key, which stays', () => {
    const next = renewed(login(codexAuth));
    for (const before of [{ OPENAI_API_KEY: 'sk-x' }, { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-x' }]) {
      const text = codec.merge(JSON.stringify(before), next);
      expect(JSON.parse(text)).toMatchObject({ auth_mode: 'chatgpt', OPENAI_API_KEY: 'sk-x' });
      expect(codec.parse(text)?.accessToken.reveal()).toBe(next.accessToken.reveal());
    }
  });

  test('writes numbers exactly as they were', () => {
    const text = '{"n": 12345678901234567890, "f": 1.0, "e": 1e400, "tokens": {"access_token": "a", "k": 0.10}}';
    const written = codec.merge(text, renewed(login(codexAuth)));
    for (const number of ['"n": 12345678901234567890', '"f": 1.0', '"e": 1e400', '"k": 0.10']) {
      expect(written).toContain(number);
    }
  });

  test('keeps whatever else stands there, in its order, whatever it is', () => {
    const known = ['auth_mode', 'OPENAI_API_KEY', 'tokens', 'last_refresh', 'access_token'];
    const inside = ['id_token', 'access_token', 'refresh_token', 'account_id'];
    // Names that are whole numbers come first in any JSON object of JavaScript.
    const name = (taken: readonly string[]) =>
      string({ minLength: 1 }).filter((key) => !taken.includes(key) && !/^\d+$/.test(key));
    assert(
      property(dictionary(name(known), jsonValue()), dictionary(name(inside), jsonValue()), (others, extra) => {
        const before = { ...others, ...codexAuth, tokens: { ...extra, ...codexAuth.tokens } };
        const next = renewed(login(codexAuth));
        const after = JSON.parse(codec.merge(JSON.stringify(before), next)) as typeof before;
        const change = { access_token: next.accessToken.reveal(), refresh_token: 'rt_two' };
        const expected = {
          ...before,
          tokens: { ...before.tokens, ...change },
          last_refresh: '2026-05-30T08:09:10.011000Z',
        };
        // As texts: that compares the order as well.
        expect(JSON.stringify(after)).toBe(JSON.stringify(JSON.parse(JSON.stringify(expected))));
      }),
    );
  });

  test('takes out the login alone, and the file with it when nothing else stands there', () => {
    const bare = { auth_mode: 'chatgpt', OPENAI_API_KEY: null, tokens: codexAuth.tokens, last_refresh: 'x' };
    expect(codec.without?.(JSON.stringify(bare))).toBeUndefined();
    expect(JSON.parse(codec.without?.(JSON.stringify({ ...bare, OPENAI_API_KEY: 'sk-x', more: 1 })) ?? '')).toEqual({
      auth_mode: 'apikey',
      OPENAI_API_KEY: 'sk-x',
      more: 1,
    });
    expect(JSON.parse(codec.without?.('{"access_token":"a","expires_at":1,"more":1}') ?? '')).toEqual({ more: 1 });
  });
});
