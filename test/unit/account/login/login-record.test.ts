import { describe, expect, it } from 'vitest';
import {
  bearerLogin,
  parseLoginRecord,
  recordCodec,
  writeLoginRecord,
} from '../../../../companion/account/login/login-record.ts';
import { Secret } from '../../../../shared/redact.ts';
import { adaAccount, makeLogin } from '../../../support/logins.ts';

const expiresAtMs = 1_765_759_825_273;

function thrownBy(task: () => unknown): unknown {
  try {
    return task();
  } catch (thrown) {
    return thrown;
  }
}

describe('a login as JSON', () => {
  it('PY-19: is that of a credentials file of Claude Code, by its own names', () => {
    const text = writeLoginRecord(makeLogin({ expiresAtMs, refreshExpiresAtMs: expiresAtMs + 1 }));
    expect(JSON.parse(text)).toEqual({
      provider: 'anthropic',
      claudeAiOauth: {
        accessToken: 'CANARY-access-0',
        refreshToken: 'CANARY-refresh-0',
        expiresAt: expiresAtMs,
        refreshTokenExpiresAt: expiresAtMs + 1,
        scopes: ['user:profile', 'user:inference'],
        subscriptionType: 'max',
        rateLimitTier: 'default_claude_max_20x',
      },
      account: adaAccount,
      refreshedAt: null,
    });
  });

  it('keeps where a Copilot login is used, and as which client a Kiro login is renewed', () => {
    const copilot = makeLogin({ provider: 'copilot', copilot: { apiUrl: 'https://api.business.githubcopilot.com' } });
    const client = { id: 'client-1', secret: new Secret('CANARY-client'), expiresAtMs };
    const place = { region: 'eu-central-1', profileArn: null, startUrl: 'https://acme.awsapps.com/start' };
    const kiro = makeLogin({ provider: 'kiro', kiro: { ...place, client } });
    for (const login of [copilot, kiro]) {
      expect(parseLoginRecord(writeLoginRecord(login), login.provider, 'The file')).toEqual(login);
    }
    const bare = makeLogin({ provider: 'kiro', kiro: { ...place, client: null } });
    expect(parseLoginRecord(writeLoginRecord(bare, writeLoginRecord(kiro)), 'kiro', 'The file')).toEqual(bare);
  });

  it('takes a Kiro login without what it cannot read, and no region that is none', () => {
    const text = writeLoginRecord(makeLogin({ provider: 'kiro' }));
    const withKiro = (kiro: unknown) =>
      parseLoginRecord(JSON.stringify({ ...JSON.parse(text), kiro }), 'kiro', 'The file')?.kiro;
    expect(withKiro({ region: 'us-east-1', client: { id: 7 }, startUrl: 'no address' })).toEqual({
      region: 'us-east-1',
      profileArn: null,
      client: null,
      startUrl: null,
    });
    expect(withKiro({ region: 'evil.example/', client: null })).toBeUndefined();
    expect(withKiro(undefined)).toBeUndefined();
  });

  it.each([
    [
      'camel case',
      { claudeAiOauth: { accessToken: 'a', refreshToken: 'r', expiresAt: expiresAtMs, scopes: ['s', 't'] } },
    ],
    [
      'snake case',
      { claude_ai_oauth: { access_token: 'a', refresh_token: 'r', expires_at: expiresAtMs, scopes: 's t' } },
    ],
    [
      'RFC 3339',
      {
        claudeAiOauth: {
          accessToken: 'a',
          refreshToken: 'r',
          expires: new Date(expiresAtMs).toISOString(),
          scopes: ['s', 't'],
        },
      },
    ],
    [
      'tokens that stand outside',
      { access_token: ' a\n', refresh_token: 'r', expires_at: expiresAtMs, scopes: ['s', 't'] },
    ],
    [
      'a byte order mark',
      { claudeAiOauth: { accessToken: 'a', refreshToken: 'r', expiresAt: expiresAtMs, scopes: ['s', 't'] } },
    ],
  ])('PY-19: is read in %s', (how, record) => {
    const mark = how === 'a byte order mark' ? '\uFEFF' : '';
    const login = parseLoginRecord(`${mark}${JSON.stringify(record)}`, 'anthropic', 'it');
    expect(login).toMatchObject({ provider: 'anthropic', expiresAtMs, scopes: ['s', 't'], account: null });
    expect([login?.accessToken.reveal(), login?.refreshToken?.reveal()]).toEqual(['a', 'r']);
  });

  it('CCP-13: takes a time in seconds for what it is', () => {
    const record = { access_token: 'a', refresh_token: 'r', expires_at: 1_765_759_825 };
    expect(parseLoginRecord(JSON.stringify(record), 'anthropic', 'it')?.expiresAtMs).toBe(1_765_759_825_000);
  });

  it('tells the plan where the account is not known', () => {
    const record = {
      claudeAiOauth: { accessToken: 'a', refreshToken: null, subscriptionType: 'pro', rateLimitTier: null },
    };
    const login = parseLoginRecord(JSON.stringify(record), 'anthropic', 'it');
    expect(login?.account).toMatchObject({ id: null, email: null, subscriptionType: 'pro', rateLimitTier: null });
    expect(login?.refreshToken).toBeNull();
  });

  it.each(['{}', '{"mcpOAuth":{}}', '{"claudeAiOauth":null}'])('is none in %s', (text) => {
    expect(parseLoginRecord(text, 'anthropic', 'it')).toBeUndefined();
  });

  it.each([
    '',
    'CANARY',
    '["CANARY"]',
    '{"claudeAiOauth":{"accessToken":"CANARY"',
    '{"claudeAiOauth":"CANARY"}',
    '{"claudeAiOauth":{"refreshToken":"CANARY"}}',
    '{"claudeAiOauth":{"accessToken":"  "}}',
    '{"claudeAiOauth":{"accessToken":"CANARY with spaces"}}',
    '{"claudeAiOauth":{"accessToken":"CANARY","expiresAt":"CANARY"}}',
  ])('PY-6: that cannot be read is refused without a word of it: %s', (text) => {
    const thrown = thrownBy(() => parseLoginRecord(text, 'anthropic', '/home/ada/x.json'));
    expect(thrown).toMatchObject({ code: 'LOGIN_UNREADABLE' });
    expect(thrown).not.toHaveProperty('cause');
    const error = thrown as Error;
    expect(error.message).toBe('/home/ada/x.json holds no login that can be read.');
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('CANARY');
  });

  it('keeps what it does not know, and no token of before under another name', () => {
    const previous = JSON.stringify({
      mcpOAuth: { server: 1 },
      access_token: 'old',
      claude_ai_oauth: { access_token: 'old', refresh_token: 'old', expires: 1, flavour: 'x' },
      claudeAiOauth: { accessToken: 'old', refreshTokenExpiresAt: 5 },
    });
    const text = writeLoginRecord(makeLogin(), previous);
    expect(JSON.parse(text)).toMatchObject({ mcpOAuth: { server: 1 }, claudeAiOauth: { flavour: 'x' } });
    expect(text).not.toMatch(/old|refreshTokenExpiresAt|claude_ai_oauth|"expires"/);
    expect(JSON.parse(recordCodec('anthropic').without?.(text) ?? '')).toEqual({ mcpOAuth: { server: 1 } });
    expect(recordCodec('anthropic').without?.(writeLoginRecord(makeLogin()))).toBeUndefined();
  });

  it('of ChatGPT keeps its id token', () => {
    const login = makeLogin({ provider: 'openai', idToken: new Secret('CANARY-id') });
    const again = parseLoginRecord(writeLoginRecord(login), 'openai', 'it');
    expect(again?.idToken?.reveal()).toBe('CANARY-id');
    expect(parseLoginRecord(writeLoginRecord(login), 'anthropic', 'it')).toBeUndefined();
  });
});

describe('a bare token', () => {
  it('PY-1: is stripped, cannot be renewed, and tells nothing of its account', () => {
    const login = bearerLogin('anthropic', new Secret('  CANARY \n'));
    expect(login.accessToken.reveal()).toBe('CANARY');
    expect(login).toMatchObject({ refreshToken: null, expiresAtMs: null, account: null });
  });

  it.each(['', ' \n', 'two words'])('PY-1: is refused when it is none: %j', (text) => {
    expect(() => bearerLogin('anthropic', new Secret(text))).toThrow(
      expect.objectContaining({ code: 'LOGIN_UNREADABLE', message: expect.not.stringContaining('two') }),
    );
  });
});
