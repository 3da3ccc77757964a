/** Logins beside keys, the ChatGPT backend beside OpenAI, and Claude Code beside everything. */
import { describe, expect, test } from 'vitest';
import { codexProvider, builtInProviders } from '../../../shared/api-provider.ts';
import type { OAuthLogin } from '../../../shared/credential.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { choose } from '../../../companion/router/choose.ts';
import type { RouteFacts, RouteRequest } from '../../../companion/router/plan.ts';
import { asked, key, routeFacts, routeRequest, session } from './facts.ts';

const [anthropic, ...others] = builtInProviders;
const providers = [anthropic, codexProvider, ...others];

function login(id: string, providerId: string): OAuthLogin {
  return { kind: 'oauth-login', id, providerId, name: `${id}@example.org`, origin: 'companion', priority: 50 };
}

const claude = login('claude-1', 'anthropic');
const chatGpt = login('chatgpt-1', 'codex');

function refusalOf(request: Partial<RouteRequest>, facts: Partial<RouteFacts>): CompanionError {
  try {
    choose(routeRequest(request), routeFacts({ providers, ...facts }));
  } catch (thrown) {
    if (thrown instanceof CompanionError) return thrown;
  }
  throw new Error('It was planned.');
}

describe('a login', () => {
  const keys = [key('anthropic-a', { priority: 100 }), claude];

  test('is spent before a metered key, which follows when the login cannot', () => {
    expect(asked({}, { providers, keys })).toEqual(['claude-1 claude-a', 'anthropic-a claude-a']);
  });

  test('is named as what it is in the explanation', () => {
    const plan = choose(routeRequest(), routeFacts({ providers, keys: [claude] }));
    expect(plan.explanation).toBe('api: Anthropic, login claude-1@example.org (by priority)');
    expect(plan.considered[0]?.who).toBe('Anthropic login claude-1@example.org');
  });

  test('never stores: files and batches go to a key, and to nobody where there is none', () => {
    const stored = { isTranslatable: false, isStateful: true, model: undefined };
    expect(asked(stored, { providers, keys })).toEqual(['anthropic-a undefined']);
    expect(refusalOf(stored, { keys: [claude] }).code).toBe('NO_CREDENTIAL');
  });

  test('that is dead says to sign in again when nothing else can serve', () => {
    const standing: RouteFacts['standing'] = () => ({
      state: 'rejected',
      code: 'LOGIN_EXPIRED',
      untilMs: 1,
      reason: 'the provider does not accept it',
    });
    const { code, status, message } = refusalOf({}, { keys: [claude], standing });
    expect({ code, status }).toEqual({ code: 'LOGIN_EXPIRED', status: 401 });
    expect(message).toContain('claude-1@example.org');
  });
});

describe('the ChatGPT backend', () => {
  const keys = [key('openai-a'), chatGpt];
  const responses = { dialect: 'openai-responses', model: 'gpt-5.1-codex' } as const;

  test('comes before OpenAI for clients of Responses, which follows', () => {
    expect(asked(responses, { providers, keys })).toEqual(['chatgpt-1 gpt-5.1-codex', 'openai-a gpt-5.1-codex']);
  });

  test('is not asked for models that only the API has', () => {
    expect(asked({ ...responses, model: 'gpt-4o' }, { providers, keys })).toEqual(['openai-a gpt-4o']);
  });

  test('serves Chat Completions and Messages too, translated', () => {
    for (const dialect of ['openai-chat', 'anthropic'] as const) {
      const plan = choose(routeRequest({ dialect, model: 'gpt-5.1' }), routeFacts({ providers, keys: [chatGpt] }));
      expect(plan.candidates[0]).toMatchObject({ kind: 'api', key: chatGpt, isSameWire: false });
    }
  });

  test('is meant by its prefix', () => {
    expect(asked({ ...responses, model: 'codex/gpt-4o' }, { providers, keys })).toEqual(['chatgpt-1 gpt-4o']);
  });

  test('alone serves its own routes: a metered key never takes its place', () => {
    const own = { ...responses, onlyProvider: 'codex' };
    const facts = { keys, sessions: [session('a')] };
    expect(asked(own, { providers, ...facts })).toEqual(['chatgpt-1 gpt-5.1-codex']);
    const refusal = refusalOf(own, { keys: [key('openai-a')], sessions: [session('a')] });
    expect(refusal.code).toBe('NO_CREDENTIAL');
    expect(refusal.remedy).toContain('login-openai');
  });

  test('has no embeddings, files or batches', () => {
    const request = { dialect: 'openai-chat', model: 'gpt-5', isTranslatable: false } as const;
    expect(asked(request, { providers, keys })).toEqual(['openai-a gpt-5']);
  });
});

describe('Claude Code', () => {
  test('serves where the mode or the name of the model asks for it, and then nobody else', () => {
    const facts = { providers, keys: [key('anthropic-a')], sessions: [session('a')] };
    expect(asked({ mode: 'claude-code', model: 'opus' }, facts)).toEqual(['claude-code opus']);
    expect(asked({ model: 'claude-code/sonnet' }, facts)).toEqual(['claude-code sonnet']);
  });

  test('follows aliases', () => {
    const aliases = new Map([['big', 'claude-code/opus']]);
    for (const mode of ['claude-code', undefined] as const) {
      expect(asked({ mode, model: 'big' }, { providers, aliases })).toEqual(['claude-code opus']);
    }
  });

  test('is the last resort only where that was turned on', () => {
    expect(asked({}, { providers, claudeCode: 'auto' })).toEqual(['claude-code claude-a']);
    const keys = [key('anthropic-a')];
    expect(asked({}, { providers, claudeCode: 'auto', keys })).toEqual([
      'anthropic-a claude-a',
      'claude-code claude-a',
    ]);
    expect(refusalOf({}, {}).code).toBe('SESSION_REQUIRED');
  });

  test('is refused where it is off, or cannot be what is meant', () => {
    const own = key('anthropic-own', { origin: 'client' });
    for (const [request, facts] of [
      [{ mode: 'claude-code' }, { claudeCode: 'off' }],
      [{ mode: 'claude-code', ownKey: own }, {}],
      [{ mode: 'claude-code', isTranslatable: false }, {}],
    ] as const) {
      expect(refusalOf(request, facts).code).toBe('NOT_AVAILABLE_IN_MODE');
    }
  });
});
