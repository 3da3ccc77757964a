import { describe, expect, it } from 'vitest';
import { idOfLogin, isSameAccount, planWords } from '../../../../companion/account/login/login-facts.ts';
import { adaAccount, bobAccount } from '../../../support/logins.ts';

describe('the plan of a login', () => {
  it.each([
    ['max', 'default_claude_max_20x', 'Max 20×'],
    ['max', 'default_claude_max_5x', 'Max 5×'],
    ['max', null, 'Max'],
    ['pro', 'default_claude_pro', 'Pro'],
    ['team', 'default_claude_max_5x', 'Team'],
    ['plus', null, 'Plus'],
    ['hc', null, 'Enterprise'],
    ['some_new_plan', null, 'Some New Plan'],
    ['', null, null],
    [null, null, null],
  ])('%s on %s is written %s', (subscriptionType, rateLimitTier, words) => {
    expect(planWords({ ...adaAccount, subscriptionType, rateLimitTier })).toBe(words);
  });

  it('is unknown while the account is', () => expect(planWords(null)).toBeNull());
});

describe('the id of a login', () => {
  it('is made from the account, whoever holds it, but not for the same account with Claude Code', () => {
    const id = idOfLogin('anthropic', 'companion', adaAccount, 'x');
    expect(id).toMatch(/^claude-[0-9a-f]{8}$/);
    expect(idOfLogin('anthropic', 'companion', { ...adaAccount, email: null }, 'y')).toBe(id);
    expect(idOfLogin('anthropic', 'companion', bobAccount, 'x')).not.toBe(id);
    expect(idOfLogin('anthropic', 'claude-code', adaAccount, 'x')).not.toBe(id);
    expect(idOfLogin('openai', 'codex', adaAccount, 'x')).toMatch(/^chatgpt-[0-9a-f]{8}$/);
  });

  it('is made from something else while the account is unknown', () => {
    const unknown = { ...adaAccount, id: null };
    expect(idOfLogin('anthropic', 'companion', null, 'x')).toBe(idOfLogin('anthropic', 'companion', unknown, 'x'));
    expect(idOfLogin('anthropic', 'companion', null, 'x')).not.toBe(idOfLogin('anthropic', 'companion', null, 'y'));
  });
});

describe('two accounts', () => {
  it('are the same in the same organisation, and unknown when one is', () => {
    expect(isSameAccount(adaAccount, { ...adaAccount, email: 'new@example.com' })).toBe(true);
    expect(isSameAccount(adaAccount, { ...adaAccount, organisationId: null })).toBe(true);
    expect(isSameAccount(adaAccount, { ...adaAccount, organisationId: 'other' })).toBe(false);
    expect(isSameAccount(adaAccount, bobAccount)).toBe(false);
    expect(isSameAccount(adaAccount, null)).toBeUndefined();
    expect(isSameAccount({ ...adaAccount, id: null }, adaAccount)).toBeUndefined();
  });
});
