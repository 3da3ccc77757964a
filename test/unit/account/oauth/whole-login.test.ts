/** Whole logins as a person makes them, at servers that check what the real ones check. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../../../companion/config/load.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import { createTokenEndpoint } from '../../../../companion/account/oauth/create-token-endpoint.ts';
import { LoginDesk } from '../../../../companion/account/oauth/login-desk.ts';
import type { LoginProgress } from '../../../../companion/account/oauth/login-desk-contract.ts';
import { createLoginProviders } from '../../../../companion/account/oauth/login-providers.ts';
import type { LoginProviders } from '../../../../companion/account/oauth/login-providers.ts';
import { findFreePort } from '../../../../companion/account/oauth/loopback-port.ts';
import { systemClock } from '../../../../companion/base/clock.ts';
import { memoryLogger } from '../../../../companion/base/log.ts';
import { startAnthropicAuth } from '../../../support/providers/oauth/anthropic-auth.ts';
import { startOpenAiAuth } from '../../../support/providers/oauth/openai-auth.ts';
import { loginStatus } from '../../../support/records.ts';
import { openDispatcher } from './token-server.ts';

const never = new AbortController().signal;

async function startServers() {
  const redirectPorts = [await findFreePort(), await findFreePort()];
  const [anthropic, openai] = await Promise.all([startAnthropicAuth(), startOpenAiAuth({ redirectPorts })]);
  onTestFinished(async () => {
    await Promise.all([anthropic.close(), openai.close()]);
    expect([...anthropic.failures, ...openai.failures]).toEqual([]);
  });
  const { config } = loadConfig({
    environment: {
      CCPROXY_HOME: '/nowhere',
      CCPROXY_UPSTREAM_CLAUDE_WEB: anthropic.url,
      CCPROXY_UPSTREAM_ANTHROPIC_AUTH: anthropic.url,
      CCPROXY_UPSTREAM_ANTHROPIC: anthropic.url,
      CCPROXY_UPSTREAM_OPENAI_AUTH: openai.url,
      CCPROXY_OAUTH_ANTHROPIC_MANUAL_REDIRECT: `${anthropic.url}/oauth/code/callback`,
    },
    cwd: '/nowhere',
  });
  const usual = createLoginProviders(config);
  const providers: LoginProviders = {
    ...usual,
    openai: { ...usual.openai, redirect: { ...usual.openai.redirect, ports: redirectPorts } },
  };
  return { anthropic, openai, providers };
}

async function setUp() {
  const servers = await startServers();
  const { providers } = servers;
  const kept: StoredLogin[] = [];
  const options = { dispatcher: openDispatcher(), nowMs: () => Date.now(), userAgent: 'ccproxy-companion/0' };
  const endpoints = {
    anthropic: createTokenEndpoint(providers.anthropic, options),
    openai: createTokenEndpoint(providers.openai, options),
  };
  const desk = new LoginDesk({
    providers,
    endpoints,
    browsers: { isAnyOnline: () => false, post: () => undefined },
    keep: (login) => {
      kept.push(login);
      return Promise.resolve(
        loginStatus({ id: 'x', provider: login.provider, name: login.account?.email ?? 'nobody', email: null }),
      );
    },
    clock: systemClock,
    logger: memoryLogger().logger,
    onChange: () => undefined,
  });
  onTestFinished(() => desk.close());
  return { ...servers, desk, kept, endpoints };
}

/** Opens the consent page, clicks, and tells where the provider sends the person. */
async function decide({ authorizeUrl }: LoginProgress, decision: 'allow' | 'deny'): Promise<string> {
  const page = await (await fetch(authorizeUrl)).text();
  const ticket = /name="ticket" value="([^"]+)"/.exec(page)?.[1];
  if (ticket === undefined) throw new Error(`no consent page: ${page}`);
  const form = new URLSearchParams({ ticket, decision });
  const target = new URL('/oauth/authorize', authorizeUrl);
  const sent = await fetch(target, { method: 'POST', body: form, redirect: 'manual' });
  return sent.headers.get('location') ?? '';
}

describe.each(['anthropic', 'openai'] as const)('%s', (id) => {
  test('by listener: from the consent page to the tokens', async () => {
    const { desk, kept, anthropic, openai } = await setUp();
    const login = await desk.begin({ provider: id, way: 'loopback' });
    const page = await fetch(await decide(login, 'allow'));
    const server = id === 'anthropic' ? anthropic : openai;
    expect(await page.text()).toContain(server.visitor);
    expect(kept[0]?.account?.email).toBe(server.visitor);
    expect(server.find(kept[0]?.accessToken.reveal() ?? '')).toBeDefined();
  });

  test('denied on the consent page', async () => {
    const { desk } = await setUp();
    const login = await desk.begin({ provider: id, way: 'loopback' });
    const outcome = desk.outcome(login.id, never);
    const page = await fetch(await decide(login, 'deny'));
    expect(page.status).toBe(400);
    expect(await outcome).toMatchObject({ state: 'failed', error: { code: 'LOGIN_DENIED' } });
  });

  test('by paste of the address that the person ends on', async () => {
    const { desk, kept } = await setUp();
    const login = await desk.begin({ provider: id, way: 'manual' });
    expect(await desk.finish(login.id, await decide(login, 'allow'))).toMatchObject({ state: 'done' });
    expect(kept).toHaveLength(1);
  });

  test('CCP-14: is renewed, and the refresh token before is of no use any more', async () => {
    const { desk, kept, endpoints } = await setUp();
    const login = await desk.begin({ provider: id, way: 'manual' });
    await desk.finish(login.id, await decide(login, 'allow'));
    const [first] = kept as [StoredLogin];
    const next = await endpoints[id].refresh(first, never);
    expect(next.accessToken.reveal()).not.toBe(first.accessToken.reveal());
    expect(next.refreshToken?.reveal()).not.toBe(first.refreshToken?.reveal());
    expect(next.account).toEqual(first.account);
    await expect(endpoints[id].refresh(first, never)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
  });

  test('a code that is spent already is refused in the words of the provider', async () => {
    const { desk, providers } = await setUp();
    const login = await desk.begin({ provider: id, way: 'manual' });
    const address = await decide(login, 'allow');
    expect(await desk.finish(login.id, address)).toMatchObject({ state: 'done' });
    const again = await desk.begin({ provider: id, way: 'manual' });
    const code = new URL(address).searchParams.get('code') ?? '';
    const outcome = await desk.finish(again.id, code);
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'LOGIN_REFUSED' } });
    expect(outcome.state === 'failed' && outcome.error.message).toMatch(new RegExp(`^${providers[id].name} refused: `));
    expect(JSON.stringify(outcome)).not.toContain(code);
  });
});

test('Anthropic: the page that shows a code is of use as it is', async () => {
  const { desk } = await setUp();
  const login = await desk.begin({ provider: 'anthropic', way: 'manual' });
  const page = await (await fetch(await decide(login, 'allow'))).text();
  const shown = /[\w-]+#[\w-]{43}/.exec(page)?.[0] ?? '';
  expect(await desk.finish(login.id, shown)).toMatchObject({ state: 'done' });
});

test('an answer with another state than was asked for takes nothing over', async () => {
  const { desk, anthropic, kept } = await setUp();
  anthropic.scenario = { callback: { state: 'forged' } };
  const login = await desk.begin({ provider: 'anthropic', way: 'loopback' });
  const page = await fetch(await decide(login, 'allow'));
  expect(page.status).toBe(400);
  expect(kept).toEqual([]);
  expect(desk.pending()).toHaveLength(1);
});
