import { describe, expect, test } from 'vitest';
import { badgeFor } from '../../../extension/badge.ts';
import { loginTrouble } from '../../../extension/ui/login-trouble.ts';
import {
  adoptCommand,
  loginAccount,
  loginKind,
  loginView,
  offeredLogins,
  usedLogins,
  waitingLogin,
} from '../../../extension/ui/login-view.ts';
import { popupView, stateView } from '../../../extension/ui/view/popup-view.ts';
import { errorTable } from '../../../shared/error-code.ts';
import {
  chatgptLogin,
  claudeCodeLogin,
  claudeLogin,
  deadLogin,
  loginAttempt,
  NOW_MS,
  synced,
  withAttempt,
  withLink,
} from '../../support/extension-page/states.ts';
import { words } from './words.ts';

describe('the logins that are offered', () => {
  test('are those that there is none of, or only a dead one, or another program’s that is off', () => {
    expect(offeredLogins({ logins: [] })).toEqual(['anthropic', 'openai']);
    expect(offeredLogins({ logins: [claudeLogin] })).toEqual(['openai']);
    expect(offeredLogins({ logins: [deadLogin, chatgptLogin] })).toEqual(['anthropic']);
    expect(offeredLogins({ logins: [claudeCodeLogin, chatgptLogin] })).toEqual(['anthropic']);
    expect(offeredLogins({ logins: [{ ...chatgptLogin, state: 'expired' }] })).toEqual(['anthropic']);
  });

  test('are none with a companion that knows no logins', () => {
    expect(offeredLogins({})).toEqual([]);
    expect(usedLogins({})).toEqual([]);
  });
});

describe('a login', () => {
  test('that the person turned off says so, whatever else there is to say', () => {
    expect(loginView({ ...claudeLogin, isOff: true })).toMatchObject({ word: 'authOff', tone: 'off' });
    expect(loginView({ ...claudeCodeLogin, isOff: true })).toMatchObject({ word: 'loginOff' });
  });

  test('of GitHub Copilot is shown by its name, and by whose token it is', () => {
    const copilot = {
      ...claudeLogin,
      id: 'copilot-1a2b3c4d',
      provider: 'copilot',
      name: 'octo-ada',
      email: null,
    } as const;
    const [view] = usedLogins({ logins: [copilot] });
    expect({ ...view, title: words(view?.title ?? '') }).toMatchObject({ title: 'GitHub Copilot', name: 'octo-ada' });
    expect(words(loginKind(copilot))).toBe('GitHub Copilot login, with the companion');
    expect(words(loginKind({ ...copilot, owner: 'gh' }))).toMatch(/GitHub CLI/);
    expect(adoptCommand({ ...copilot, owner: 'gh' })).toBe('companion auth adopt gh --off');
    expect(adoptCommand({ ...copilot, owner: 'environment' })).toBeNull();
    expect(offeredLogins({ logins: [copilot] })).toEqual(['anthropic', 'openai']);
  });

  test('of another program that is off is not shown in the popup', () => {
    expect(usedLogins({ logins: [claudeCodeLogin, claudeLogin] }).map(({ id }) => id)).toEqual([claudeLogin.id]);
  });

  test.each([
    [claudeLogin, 'Claude', 'loginUsable', 'ok'],
    [chatgptLogin, 'ChatGPT', 'loginUsable', 'ok'],
    [{ ...chatgptLogin, state: 'expired' as const }, 'ChatGPT', 'loginExpired', 'warn'],
    [deadLogin, 'Claude', 'loginDead', 'bad'],
    [claudeCodeLogin, 'Claude Code', 'loginOff', 'off'],
    [{ ...deadLogin, state: 'usable' as const }, 'Claude', 'statusNeedsAttention', 'warn'],
  ])('has a name and a word for how it stands', (login, title, word, tone) => {
    const view = loginView(login);
    expect([words(view.title), view.word, view.tone]).toEqual([title, word, tone]);
  });

  test('says until when it is good, and who renews it', () => {
    expect(loginAccount(claudeLogin, NOW_MS).facts.map(words)).toEqual([
      'Renewed 2 h ago',
      expect.stringContaining('valid until'),
      'renews by itself',
    ]);
    const ownClaudeCode = { ...claudeCodeLogin, state: 'usable' as const };
    expect(loginAccount(ownClaudeCode, NOW_MS).facts.map(words)).toContain('renewed by Claude Code');
    expect(loginAccount(deadLogin, NOW_MS)).toMatchObject({ facts: [], isOver: true });
  });

  test('of another program says whose it is, and how it is turned on and off', () => {
    expect(words(loginKind(claudeCodeLogin))).toBe('Claude Code’s own login, only read');
    expect(adoptCommand(claudeCodeLogin)).toBe('companion auth adopt claude-code');
    expect(adoptCommand(chatgptLogin)).toBe('companion auth adopt codex --off');
    expect(adoptCommand(claudeLogin)).toBeNull();
  });
});

describe('a login that waits', () => {
  test('takes the popup and marks the icon until its page is open', () => {
    const offered = withAttempt({});
    expect(popupView(offered, NOW_MS)).toMatchObject({ kind: 'login', attempt: { id: 'login-1' } });
    expect(badgeFor(offered, NOW_MS)).toMatchObject({ text: '1', title: { key: 'statusLoginWaits' } });
    const opened = withAttempt({ stage: 'opened' });
    expect(popupView(opened, NOW_MS).kind).toBe('login');
    expect(badgeFor(opened, NOW_MS)?.text).toBe('');
    expect(stateView(offered, NOW_MS).kind).toBe('synced');
  });

  test.each(['answered', 'done', 'failed', 'over'] as const)('no longer does when it is %s', (stage) => {
    expect(waitingLogin(withAttempt({ stage }))).toBeNull();
    expect(popupView(withAttempt({ stage }), NOW_MS).kind).toBe('synced');
  });

  test('is not in the way of an absent companion', () => {
    const away = withLink({ kind: 'offline', nextTryAtMs: null, wasEverOnline: true }, { logins: [loginAttempt] });
    expect(popupView(away, NOW_MS).kind).toBe('offline');
  });

  test('comes after one whose page is open already', () => {
    const opened = { ...loginAttempt, id: 'second', stage: 'opened' as const };
    expect(waitingLogin({ ...synced, logins: [loginAttempt, opened] })).toBe(opened);
  });
});

describe('what went wrong', () => {
  test.each(Object.keys(errorTable))('%s has words, and keeps those of the companion', (code) => {
    const { title, body, details } = loginTrouble({ code, message: 'its own\u202E words' }, 'openai');
    expect(words(title)).not.toBe('');
    expect(words(body)).not.toBe('');
    expect(details).toBe('its own words');
  });

  test('every end of a login has words of its own', () => {
    const ofNoClick = new Set(['LOGIN_REQUIRED', 'LOGIN_PORTS_BUSY', 'LOGIN_UNCONFIGURED']);
    const codes = Object.keys(errorTable).filter((code) => code.startsWith('LOGIN_') && !ofNoClick.has(code));
    const titles = codes.map((code) => words(loginTrouble({ code, message: '' }, 'anthropic').title));
    expect(titles).not.toContain('That did not work');
    expect(new Set(titles).size).toBe(codes.length);
  });

  test('names the provider that it is about', () => {
    expect(words(loginTrouble({ code: 'LOGIN_REFUSED', message: '' }, 'openai').title)).toBe('ChatGPT refused this');
    expect(words(loginTrouble({ code: 'toString', message: '' }, 'openai').title)).toBe('That did not work');
  });
});
