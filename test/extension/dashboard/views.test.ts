import { describe, expect, test } from 'vitest';
import { limitPercent, statusOf } from '../../../extension/entrypoints/dashboard/accounts/auth-view.ts';
import { readTokens } from '../../../extension/entrypoints/dashboard/accounts/read-tokens.ts';
import { authPath, authsQuestion, isApiKey } from '../../../extension/entrypoints/dashboard/data/auths.ts';
import { clientKeysQuestion } from '../../../extension/entrypoints/dashboard/data/client-keys.ts';
import {
  groupsOf,
  settingPath,
  settingsQuestion,
  valueText,
} from '../../../extension/entrypoints/dashboard/data/settings.ts';
import { budgetPercent, standingOfKey } from '../../../extension/entrypoints/dashboard/keys/key-view.ts';
import { startWish, wishBody } from '../../../extension/entrypoints/dashboard/keys/key-wish.ts';
import { usedApi } from '../../support/extension-page/api-answers.ts';

const auths = authsQuestion.read(usedApi['GET /v0/management/auths']);
const keys = clientKeysQuestion.read(usedApi['GET /api/token/list']);

describe('credentials', () => {
  test('are read with what the person allows them', () => {
    expect(auths.filter(isApiKey).map(({ name, quota }) => [name, quota?.limit])).toEqual([
      ['work key', 1_000_000],
      ['spare', null],
      ['experiments', 200_000],
    ]);
    expect(auths.map(limitPercent)).toEqual([48, null, 100, null, null]);
  });

  test.each([
    ['active', 'authActive', 'ok'],
    ['cooling', 'authCooling', 'warn'],
    ['exhausted', 'authExhausted', 'warn'],
    ['off', 'authOff', 'off'],
    ['expired', 'authExpired', 'warn'],
    ['dead', 'authDead', 'bad'],
    ['rejected', 'authRejected', 'bad'],
    ['', 'authUnknown', 'warn'],
  ])('that are %s say so', (status, key, tone) => {
    const [auth] = authsQuestion.read({ auths: [{ id: 'a', status }] });
    expect(auth && statusOf(auth)).toMatchObject({ word: { key }, tone });
  });

  test('in a state that is not known yet stand in the companion’s own word', () => {
    const [auth] = authsQuestion.read({ auths: [{ id: 'a', status: 'sleeping' }] });
    expect(auth && statusOf(auth).word).toBe('sleeping');
  });

  test('are named by their id, never by more than an address takes', () => {
    const path = authPath({ provider: 'my provider!', id: 'a b/c?d' }, '/refresh');
    expect(path).toBe('/v0/management/auths/my%20provider%21/refresh?id=a%20b%2Fc%3Fd');
  });
});

test.each([
  ['', null],
  ['  ', null],
  ['1,5m', 1_500_000],
  ['lots', undefined],
])('a number of tokens typed as "%s" is %s', (typed, tokens) => {
  expect(readTokens(typed)).toBe(tokens);
});

describe('client keys', () => {
  test('tell their state, the budget before the date', () => {
    const told = Object.fromEntries(keys.map((key) => [key.name, standingOfKey(key).word.key]));
    expect(told).toEqual({
      editor: 'keyUntil',
      'nightly build': 'keyUsedUp',
      'old laptop': 'keyRevoked',
      trial: 'keyExpired',
    });
  });

  test('tell how much of a budget is used', () => {
    expect(budgetPercent({ limit: 200, left: 50 })).toBe(75);
    expect(budgetPercent({ limit: 200, left: -5 })).toBe(100);
    expect(budgetPercent({ limit: 0, left: 0 })).toBe(100);
  });

  test('are asked for with what was filled in, and nothing else', () => {
    const named = { ...startWish, name: ' my editor ' };
    expect(wishBody(named)).toEqual({ name: 'my editor', expires_in: '90d', mode: 'both' });
    const limited = { ...named, tokens: '5M', period: 'weekly', rate: '30', models: 'claude-*, gpt-5  gpt-5-mini,' };
    expect(wishBody(limited)).toEqual({
      name: 'my editor',
      expires_in: '90d',
      mode: 'both',
      models: ['claude-*', 'gpt-5', 'gpt-5-mini'],
      token_budget: 5_000_000,
      budget_period: 'weekly',
      rate_per_minute: 30,
    });
  });

  test('are not asked for without a name, or with a number that is none', () => {
    expect(wishBody(startWish)).toBeNull();
    expect(wishBody({ ...startWish, name: 'x', requests: 'many' })).toBeNull();
  });
});

describe('settings', () => {
  const { settings } = settingsQuestion.read(usedApi['GET /v0/management/config']);

  test('stand in groups, and are found by name and meaning', () => {
    expect(groupsOf(settings, '').map(({ name }) => name)).toEqual(['server', 'security', 'auth', 'vault']);
    expect(groupsOf(settings, ' PORT ').flatMap((group) => group.settings.map(({ key }) => key))).toEqual([
      'server.port',
    ]);
    expect(groupsOf(settings, 'loopback').map(({ name }) => name)).toEqual(['server']);
    expect(groupsOf(settings, 'no such thing')).toEqual([]);
  });

  test.each([
    [null, ''],
    [undefined, ''],
    [8_000, '8000'],
    [false, 'false'],
    [['a', 2], 'a, 2'],
    [[], ''],
    [{ claude: 'monthly' }, '{"claude":"monthly"}'],
    [[{ id: 'x' }], '[{"id":"x"}]'],
  ])('of the value %j are typed as "%s"', (value, typed) => {
    expect(valueText(value)).toBe(typed);
  });

  test('have an address of their own', () => {
    expect(settingPath('router.model_aliases')).toBe('/v0/management/config?key=router.model_aliases');
  });
});
