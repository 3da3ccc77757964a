/** What a login page is asked for, and what tokens and profiles say of whom they belong to. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { disclosureText, loginDisclosure } from '../../../../shared/login-disclosure.ts';
import { loginProviderIdSchema } from '../../../../shared/credential.ts';
import { authorizeUrl } from '../../../../companion/account/oauth/authorize-url.ts';
import { readAnthropicProfile } from '../../../../companion/account/oauth/anthropic-profile.ts';
import { readJwt } from '../../../../companion/account/oauth/jwt.ts';
import { createLoginProviders, loopbackRedirect } from '../../../../companion/account/oauth/login-providers.ts';
import { readOpenAiAccount, readOpenAiUserId } from '../../../../companion/account/oauth/openai-account.ts';
import { windowsOfOpenAiUsage } from '../../../../companion/account/oauth/openai-usage.ts';
import { createPkce, createState, hashState, isSameState } from '../../../../companion/account/oauth/pkce.ts';
import { loadConfig } from '../../../../companion/config/load.ts';
import { Secret } from '../../../../shared/redact.ts';
import { makeJwt } from './token-server.ts';

const { config } = loadConfig({ environment: { CCPROXY_HOME: '/nowhere' }, cwd: '/nowhere' });
const { anthropic, openai } = createLoginProviders(config);

describe('the address of the sign-in page', () => {
  const request = { redirectUri: 'http://localhost:50001/callback', challenge: 'CHALLENGE', state: 'STATE' };
  const parametersOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

  test('Anthropic: the plain parameters of OAuth with PKCE, on claude.ai', () => {
    const url = authorizeUrl(anthropic, { ...request, way: 'browser' });
    expect(url).toMatch(/^https:\/\/claude\.ai\/oauth\/authorize\?/);
    expect(parametersOf(url)).toEqual({
      response_type: 'code',
      client_id: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
      redirect_uri: 'http://localhost:50001/callback',
      scope: 'user:profile user:inference',
      code_challenge: 'CHALLENGE',
      code_challenge_method: 'S256',
      state: 'STATE',
    });
  });

  test('Anthropic: the page that shows the code is asked for only when the person copies it', () => {
    const ways = (['browser', 'loopback', 'manual'] as const).map((way) =>
      new URL(authorizeUrl(anthropic, { ...request, way })).searchParams.get('code'),
    );
    expect(ways).toEqual([null, null, 'true']);
    expect(anthropic.redirect.manual).toBe('https://platform.claude.com/oauth/code/callback');
  });

  test('CCP-9: OpenAI is told who asks, by our own name', () => {
    const parameters = parametersOf(authorizeUrl(openai, { ...request, way: 'loopback' }));
    expect(parameters).toMatchObject({
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      scope: 'openid profile email offline_access',
      id_token_add_organizations: 'true',
      codex_cli_simplified_flow: 'true',
      originator: 'ccproxy-companion',
      code_challenge_method: 'S256',
    });
    expect(loopbackRedirect(openai.redirect, 1455)).toBe('http://localhost:1455/auth/callback');
    expect(openai.redirect.ports).toEqual([1455, 1457]);
  });

  test('a space is written so that every server reads it', () => {
    expect(authorizeUrl(openai, { ...request, way: 'browser' })).not.toContain('+');
  });

  test('addresses of the configuration are used', () => {
    const other = loadConfig({
      environment: { CCPROXY_HOME: '/nowhere', CCPROXY_OAUTH_ANTHROPIC_AUTHORIZE_URL: 'https://sso.example.com/go' },
      cwd: '/nowhere',
    });
    const url = authorizeUrl(createLoginProviders(other.config).anthropic, { ...request, way: 'browser' });
    expect(url).toMatch(/^https:\/\/sso\.example\.com\/go\?/);
  });
});

test('the challenge is the S256 of a verifier that is new each time', () => {
  const [one, other] = [createPkce(), createPkce()];
  expect(one.verifier.reveal()).toMatch(/^[\w-]{43}$/);
  expect(one.verifier.reveal()).not.toBe(other.verifier.reveal());
  expect(one.challenge).toBe(createHash('sha256').update(one.verifier.reveal()).digest('base64url'));
});

test('a state is 32 random bytes, known by its hash, and equal only to itself', () => {
  const state = createState();
  expect(Buffer.from(state, 'base64url')).toHaveLength(32);
  expect(hashState(state)).toBe(createHash('sha256').update(state).digest('base64url'));
  expect(isSameState(state, state)).toBe(true);
  expect(isSameState(createState(), state)).toBe(false);
  expect(isSameState('', state)).toBe(false);
});

describe('a JWT', () => {
  test('tells its header and claims, times in milliseconds', () => {
    const token = makeJwt({ iss: 'https://auth.openai.com', aud: ['a', 'b'], iat: 10, exp: 20.5, jti: 'id-1' });
    expect(readJwt(token)).toMatchObject({
      algorithm: 'RS256',
      type: 'JWT',
      keyId: 'key-1',
      id: 'id-1',
      issuer: 'https://auth.openai.com',
      audience: ['a', 'b'],
      issuedAtMs: 10_000,
      expiresAtMs: 20_500,
    });
    expect(readJwt(makeJwt({ aud: 'one' }))?.audience).toEqual(['one']);
  });

  test.each([
    ['an opaque token', 'sk-ant-oat01-abcdefgh'],
    ['nothing', ''],
    ['two parts', 'eyJhIjoxfQ.eyJhIjoxfQ'],
    ['a part that is no base64url', 'eyJhIjoxfQ.ey%%.x'],
    ['a part that is no JSON', 'eyJhIjoxfQ.YWJj.x'],
    ['a part that is no object', 'eyJhIjoxfQ.WzFd.x'],
    ['an encrypted one', 'eyJhIjoxfQ.eyJhIjoxfQ.x.y.z'],
    ['something enormous', `${'a'.repeat(70_000)}.eyJhIjoxfQ.x`],
  ])('%s is none', (_what, token) => {
    expect(readJwt(token)).toBeUndefined();
  });

  test.each([['soon'], [-1], [1e300], [null]])('an expiry of %j is none', (exp) => {
    expect(readJwt(makeJwt({ exp }))?.expiresAtMs).toBeNull();
  });
});

describe('a ChatGPT account', () => {
  const auth = {
    chatgpt_account_id: 'acc-1',
    chatgpt_plan_type: 'plus',
    chatgpt_user_id: 'user-1',
    organizations: [
      { id: 'org-1', title: 'First', is_default: false },
      { id: 'org-2', title: 'Second', is_default: true },
    ],
  };
  const idToken = makeJwt({ email: 'ada@example.com', name: 'Ada', 'https://api.openai.com/auth': auth });

  test('CCP-12: is read from the id token: account, plan, the default organisation, the user', () => {
    expect(readOpenAiAccount(idToken, null)).toEqual({
      id: 'acc-1',
      email: 'ada@example.com',
      displayName: 'Ada',
      organisationId: 'org-2',
      organisation: 'Second',
      subscriptionType: 'plus',
      rateLimitTier: null,
    });
  });

  test('is read from the access token where the id token does not tell', () => {
    const access = makeJwt({
      'https://api.openai.com/auth': { chatgpt_account_id: 'acc-9', user_id: 'user-9' },
      'https://api.openai.com/profile': { email: 'ada@example.org' },
    });
    expect(readOpenAiAccount(makeJwt({}), access)).toMatchObject({ id: 'acc-9', email: 'ada@example.org' });
    expect(readOpenAiAccount(null, null)).toBeNull();
    expect(readOpenAiAccount(makeJwt({ sub: 'x' }), 'opaque')).toBeNull();
  });

  test('CCP-12: the user id comes from either token', () => {
    const login = {
      provider: 'openai' as const,
      accessToken: new Secret(makeJwt({ 'https://api.openai.com/auth': { user_id: 'user-2' } })),
      refreshToken: null,
      idToken: null,
      expiresAtMs: null,
      refreshExpiresAtMs: null,
      scopes: [],
      account: null,
      refreshedAtMs: null,
    };
    expect(readOpenAiUserId(login)).toBe('user-2');
    expect(readOpenAiUserId({ ...login, idToken: new Secret(idToken) })).toBe('user-1');
    expect(readOpenAiUserId({ ...login, accessToken: new Secret('opaque') })).toBeNull();
  });
});

describe('a Claude account', () => {
  const profile = (account: object, organization: object) => ({
    account: { uuid: 'acc-1', email: 'ada@example.com', full_name: 'Ada L', display_name: 'Ada', ...account },
    organization: { uuid: 'org-1', name: 'Engines', rate_limit_tier: 'default_claude_max_5x', ...organization },
  });

  test('PY-11: the profile tells who it is, and on which plan', () => {
    const body = profile({ has_claude_max: true }, { organization_type: 'claude_max' });
    expect(readAnthropicProfile(body)).toEqual({
      id: 'acc-1',
      email: 'ada@example.com',
      displayName: 'Ada',
      organisationId: 'org-1',
      organisation: 'Engines',
      subscriptionType: 'max',
      rateLimitTier: 'default_claude_max_5x',
    });
  });

  test.each([
    ['claude_pro', {}, 'pro'],
    ['claude_enterprise', {}, 'enterprise'],
    // A seat of a team says that it has no Max plan of its own, whatever its tier is called.
    ['claude_team', { has_claude_max: false, has_claude_pro: false }, 'team'],
    ['personal', {}, 'free'],
    [undefined, { has_claude_max: true }, 'max'],
    [undefined, { has_claude_max: false, has_claude_pro: true }, 'pro'],
    [undefined, { has_claude_max: false, has_claude_pro: false }, 'free'],
    [undefined, {}, null],
  ])('PY-11: organisation %j with %j is the plan %j', (organization_type, account, plan) => {
    expect(readAnthropicProfile(profile(account, { organization_type }))?.subscriptionType).toBe(plan);
  });

  test.each([[null], ['text'], [{}], [{ account: {} }], [{ account: { uuid: 7 } }]])('%j names nobody', (body) => {
    expect(readAnthropicProfile(body)).toBeNull();
  });
});

describe('the usage of a ChatGPT plan', () => {
  const usage = (primary: unknown, secondary: unknown) => ({
    plan_type: 'plus',
    rate_limit: { allowed: true, primary_window: primary, secondary_window: secondary },
  });

  test('windows are named by how long they are, like those of the headers, not by their place', () => {
    const body = usage(
      { used_percent: 85, limit_window_seconds: 604_800, reset_at: 1_800_000_000 },
      { used_percent: 100, limit_window_seconds: 18_000, reset_after_seconds: 60 },
    );
    expect(windowsOfOpenAiUsage(body, 5000)).toEqual([
      {
        window: 'seven_day',
        usedFraction: 0.85,
        status: 'warning',
        resetsAtMs: 1_800_000_000_000,
        source: 'usage-endpoint',
        observedAtMs: 5000,
      },
      {
        window: 'five_hour',
        usedFraction: 1,
        status: 'exceeded',
        resetsAtMs: 65_000,
        source: 'usage-endpoint',
        observedAtMs: 5000,
      },
    ]);
  });

  test('what is no window is left out, and one of no known length has a name all the same', () => {
    expect(windowsOfOpenAiUsage(usage(null, 'soon'), 0)).toEqual([]);
    expect(windowsOfOpenAiUsage({}, 0)).toEqual([]);
    const names = [86_400, 7200, undefined].map(
      (limit_window_seconds) =>
        windowsOfOpenAiUsage(usage({ used_percent: 1, limit_window_seconds }, null), 0)[0]?.window,
    );
    expect(names).toEqual(['1_day', '120_minute', 'primary']);
  });
});

describe('what a person reads before', () => {
  test.each(loginProviderIdSchema.options)(
    '%s: whom the page names, whose account it is, that it may be refused',
    (id) => {
      const text = disclosureText(id);
      const named = { anthropic: 'Claude Code', openai: 'Codex', copilot: 'OAuth app', kiro: 'CCProxy Companion' };
      expect(text).toContain(named[id]);
      expect(text).toContain('your own account, on this computer');
      expect(text).toContain('may refuse');
      expect(text).toContain(loginDisclosure(id).link.url);
    },
  );

  test('CCP-5: Anthropic: that its terms do not allow it, and where they stand', () => {
    const { paragraphs, link } = loginDisclosure('anthropic');
    expect(paragraphs.join(' ')).toMatch(/published terms .* do not allow/);
    expect(link.url).toBe('https://code.claude.com/docs/en/legal-and-compliance');
  });
});
