/** What the `auth` commands say, word by word. Colours are off where nobody looks, so the text is all there is. */
import { describe, expect, it } from 'vitest';
import { adoptedLines, claudeCodeDisclosure } from '../../../companion/cli/command/auth-adopt.ts';
import { infoLines } from '../../../companion/cli/command/auth-info.ts';
import { describeEnd } from '../../../companion/cli/command/auth-login.ts';
import { openAiInfoLines } from '../../../companion/cli/command/auth-openai-info.ts';
import { overviewLines } from '../../../companion/cli/command/auth-status.ts';
import type { AuthOverview } from '../../../companion/cli/command/auth-status.ts';
import { validationLines } from '../../../companion/cli/command/auth-validate.ts';
import { usualLogin, wantedLogin } from '../../../companion/cli/login-words.ts';
import { formatMoment, wrap } from '../../../companion/cli/print.ts';
import type { LoginDetails } from '../../../companion/http/control/login-control.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import { chatGpt, claudeCode, loginStatus, sceneNowMs as nowMs } from '../http/login-scene.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const claude = loginStatus();
const until = formatMoment(nowMs + 3 * hour + 20 * minute, nowMs);

function plain(lines: readonly string[]): string {
  // eslint-disable-next-line no-control-regex -- the escape character is what is looked for
  return lines.join('\n').replace(/\u001b\[[0-9;]*m/g, '');
}

function details(changes: Partial<LoginDetails> = {}): LoginDetails {
  return {
    login: claude,
    accountId: 'acc-1',
    userId: null,
    displayName: 'Ada',
    organisationId: 'org-1',
    subscriptionType: 'max',
    rateLimitTier: 'default_claude_max_20x',
    refreshExpiresAtMs: null,
    maskedAccessToken: 'sk-ant-oat01...-the-end',
    hasRefreshToken: true,
    jwt: null,
    ...changes,
  };
}

const expiresAtMs = nowMs + 9 * day + 3 * hour + 26 * minute + 41_000;
const openAi = details({
  login: { ...chatGpt, expiresAtMs },
  accountId: '0fa4c0de-1111-4222-8333-444455556666',
  userId: 'user-Ab3dEfGh1jKlMn0pQrStUvWx',
  subscriptionType: 'plus',
  rateLimitTier: null,
  maskedAccessToken: 'eyJhbGciOiJS...xIXcUrNE',
  jwt: {
    algorithm: 'RS256',
    type: 'JWT',
    keyId: '19344e65-bbc9-44d1-a9d0-f957b079bd0e',
    id: '8b1f5d3e-0000-4000-8000-123456789abc',
    issuer: 'https://auth.openai.com',
    audience: ['https://api.openai.com/v1'],
    issuedAtMs: Date.UTC(2026, 10, 21, 11, 53, 33),
    expiresAtMs,
  },
});

describe('CCP-12: auth openai-info', () => {
  it('shows the account as a tree, the token in a box, and what both say', () => {
    expect(plain(openAiInfoLines(openAi, nowMs, true))).toBe(
      `
OpenAI Credential Information

  OpenAI Account
  ├── Account ID: 0fa4c0de-1111-4222-8333-444455556666
  ├── Status: Active
  ├── Plan Type: PLUS
  └── User ID: user-Ab3dEfGh1jKlMn0pQrStUvWx

  Token Details
  ╭──────────────────┬──────────────────────────────────────╮
  │ Property         │ Value                                │
  ├──────────────────┼──────────────────────────────────────┤
  │ Storage Location │ /home/ada/.codex/auth.json           │
  │ Algorithm        │ RS256                                │
  │ Token Type       │ JWT                                  │
  │ Key ID           │ 19344e65-bbc9-44d1-a9d0-f957b079bd0e │
  │ Token Expired    │ No                                   │
  │ Expires At       │ 2026-12-01 15:26:41 UTC              │
  │ Time Remaining   │ 9 days, 3 hours, 26 minutes          │
  │ Issued At        │ 2026-11-21 11:53:33 UTC              │
  │ Issuer           │ https://auth.openai.com              │
  │ Audience         │ https://api.openai.com/v1            │
  │ JWT ID           │ 8b1f5d3e-0000-4000-8000-123456789abc │
  │ Access Token     │ eyJhbGciOiJS...xIXcUrNE              │
  │ Refresh Token    │ Available                            │
  ╰──────────────────┴──────────────────────────────────────╯

What this says:
- PLUS plan: the ChatGPT subscription serves through this login
- Token valid: the access token is not expired
- Auto-renewal: a refresh token is there, and renews it by itself
- Storage: the credentials rest in /home/ada/.codex/auth.json`.slice(1),
    );
  });

  it('says of a dead login that it is over, and what to do', () => {
    const over = { ...openAi.jwt!, expiresAtMs: nowMs - minute };
    const text = plain(
      openAiInfoLines(
        {
          ...openAi,
          login: { ...openAi.login, state: 'dead', isRefreshable: false },
          jwt: over,
          hasRefreshToken: false,
        },
        nowMs,
        true,
      ),
    );
    expect(text).toContain('├── Status: Inactive');
    expect(text).toMatch(/│ Token Expired {4}│ Yes /);
    expect(text).toMatch(/│ Time Remaining {3}│ Expired /);
    expect(text).toMatch(/│ Refresh Token {4}│ Not available /);
    expect(text).toContain('`companion auth login-openai` signs in again');
    expect(text).toContain('- Auto-renewal: not possible');
  });

  it('keeps every row when a token tells nothing, and one day is one day', () => {
    const login = { ...chatGpt, expiresAtMs: nowMs + day + hour + minute };
    const opaque = plain(openAiInfoLines({ ...openAi, login, jwt: null, userId: null }, nowMs, true));
    expect(opaque.match(/^ {2}│ .* │ .* │$/gm)).toHaveLength(14);
    expect(opaque.match(/│ Unknown /g)).toHaveLength(7);
    expect(opaque).toContain('└── User ID: Unknown');
    expect(opaque).toContain('│ 1 day, 1 hour, 1 minute ');
  });

  it('draws with plain characters where nothing else can be shown', () => {
    const text = plain(openAiInfoLines(openAi, nowMs, false));
    expect(text).toContain('  |-- Status: Active\n');
    expect(text).toContain('  | Algorithm        | RS256 ');
    expect(text).not.toMatch(/[^\n -~]/);
  });

  it('says how to have a login used that is off', () => {
    const login: LoginStatus = { ...openAi.login, state: 'off' };
    expect(plain(openAiInfoLines({ ...openAi, login }, nowMs, true))).toContain('`companion auth adopt codex`');
  });
});

describe('CCP-6: auth validate', () => {
  it('shows subscription, expiration and scopes of a valid login', () => {
    const found = { login: claude, isValid: true, isExpired: false, message: null, remedy: null };
    expect(plain(validationLines(found, nowMs))).toBe(
      [
        'Claude login of ada@example.com (Max 20×): valid',
        '',
        '  Subscription  active, Max 20×',
        `  Expires       in 3 h 20 min, until ${until}, renewed by itself`,
        '  Scopes        user:profile user:inference',
      ].join('\n'),
    );
  });

  it('says why one is not valid and what to do, and promises nothing of its plan', () => {
    const text = plain(
      validationLines(
        { login: claude, isValid: false, isExpired: false, message: 'It was revoked.', remedy: 'Sign in again.' },
        nowMs,
      ),
    );
    expect(text).toContain('ada@example.com (Max 20×): not valid\n  It was revoked.\n  Sign in again.\n');
    expect(text).toContain('Subscription  Max 20×, not confirmed');
  });

  it.each([
    [null, 'not known'],
    ['Free', 'none (Free)'],
  ])('says of the plan %s: %s', (plan, words) => {
    const found = { login: { ...claude, plan }, isValid: true, isExpired: false, message: null, remedy: null };
    expect(plain(validationLines(found, nowMs))).toContain(`Subscription  ${words}\n`);
  });
});

describe('CCP-7: auth info', () => {
  it('shows whose it is, where it rests, how long it lasts, and the token masked', () => {
    expect(plain(infoLines(details(), nowMs))).toBe(
      `
Claude login
  Email          ada@example.com
  Name           Ada
  Organisation   Engines
  Plan           Max 20× (max, default_claude_max_20x)
  State          usable
  Kept in        OS keyring (service: ccproxy-companion)
  Access token   sk-ant-oat01...-the-end
                 until ${until}, renewed by itself
  Time left      3 h 20 min
  Refresh token  there
  Renewed        12 min ago
  Scopes         user:profile user:inference
  Account id     acc-1
  Id             claude-3f9a2c41`.slice(1),
    );
  });

  it('says the plan once where both name it alike', () => {
    const login = { ...claude, plan: 'Pro' };
    const plan = (facts: Partial<LoginDetails>) => plain(infoLines(details({ login, ...facts }), nowMs));
    expect(plan({ subscriptionType: 'pro', rateLimitTier: null })).toMatch(/Plan +Pro\n/);
    expect(plan({ subscriptionType: 'pro', rateLimitTier: 'default_claude_ai' })).toMatch(
      /Plan +Pro \(default_claude_ai\)\n/,
    );
  });

  it('tells unknown from nothing, and who renews what is not ours', () => {
    const login: LoginStatus = { ...claudeCode, email: null, organisation: null, plan: null, expiresAtMs: nowMs - 1 };
    const text = plain(
      infoLines(details({ login, displayName: null, subscriptionType: null, hasRefreshToken: false }), nowMs),
    );
    expect(text).toContain("Claude Code's login\n  Email          not known\n");
    expect(text).toContain('Plan           not known');
    expect(text).toContain('renewed by Claude Code alone');
    expect(text).toContain('Time left      none');
    expect(text).toContain('Refresh token  none');
    expect(text).toContain('`companion auth adopt claude-code` lets the companion use it.');
  });
});

function overview(changes: Partial<AuthOverview> = {}): AuthOverview {
  return {
    logins: [],
    keys: [],
    sessions: [],
    worker: {
      enabled: true,
      last_check: new Date(nowMs - 2 * minute).toISOString(),
      next_check: new Date(nowMs + 3 * minute).toISOString(),
      credentials_checked: 2,
      refreshed: 1,
      failed: 0,
    },
    ...changes,
  };
}

describe('CCP-1, CCP-11: auth status', () => {
  it('shows every kind of access at one glance: state, account, until when, where it lives', () => {
    const keys = [{ provider: 'OpenAI', count: 2, healthy: 1 }];
    expect(plain(overviewLines(overview({ logins: [claude, claudeCode, chatGpt], keys }), nowMs))).toBe(
      `
  Claude           usable  ada@example.com (Max 20×)
                   until ${until}, renewed by itself
                   OS keyring (service: ccproxy-companion)
  Claude Code      off  ada@example.com (Max 20×)
                   until ${until}, renewed by Claude Code alone
                   /home/ada/.claude/.credentials.json
                   \`companion auth adopt claude-code\` lets the companion use it.
  ChatGPT (Codex)  usable  ada@example.org (Plus)
                   until ${until}, renewed by itself
                   /home/ada/.codex/auth.json
  API keys         resting  OpenAI 2, of which 1 ready
  claude.ai        none: the extension's "Sync session" brings one
  Renewal          on, 2 min ago: 2 checked, 1 renewed, 0 failed; next in 3 min`.slice(1),
    );
  });

  it('says how to get the first of each', () => {
    const text = plain(overviewLines(overview(), nowMs));
    for (const command of ['companion auth login`', 'companion auth login-openai`', 'companion keys add'])
      expect(text).toContain(command);
    expect(text).toContain('Claude Code      none found');
  });

  it('says whether Claude Code itself can answer, and what keeps it from that', () => {
    const program = { path: '/home/ada/.local/bin/claude', version: '2.1.330' };
    const signIn = { isSignedIn: true, method: 'claude.ai', email: 'ada@example.com', plan: 'max' };
    const ready = { program, sdk: { file: '/sdk.mjs', version: '0.3.330' }, signIn, troubles: [] };
    const say = (report: AuthOverview['claudeCode'] & {}) =>
      plain(overviewLines(overview({ claudeCode: report }), nowMs));
    expect(say({ mode: 'on-request', readiness: ready })).toContain(
      `
  Claude Code CLI  ready  answers when a client asks for it
                   Claude Code 2.1.330, signed in: ada@example.com (max)
                   /home/ada/.local/bin/claude
  ChatGPT`.slice(1),
    );
    expect(say({ mode: 'auto', readiness: { ...ready, signIn: { ...signIn, email: null, plan: null } } })).toContain(
      'ready  answers when asked for, and when nothing else can serve\n' +
        '                   Claude Code 2.1.330, signed in: claude.ai\n',
    );
    expect(say({ mode: 'off', readiness: null })).toContain('Claude Code CLI  off  `claude_code.mode` says so\n');
    const trouble = { code: 'CLAUDE_CODE_MISSING', message: 'It is not installed.', remedy: 'Install it.' } as const;
    const missing = { program: null, sdk: null, signIn: null, troubles: [trouble, { ...trouble, remedy: 'Add it.' }] };
    expect(say({ mode: 'on-request', readiness: missing })).toContain(
      'Claude Code CLI  not installed: only `x-proxy-mode: claude-code` needs it\n',
    );
    expect(say({ mode: 'auto', readiness: missing })).toContain(
      `
  Claude Code CLI  not ready
                   It is not installed.
                   Install it.
                   It is not installed.
                   Add it.
  ChatGPT`.slice(1),
    );
    expect(plain(overviewLines(overview(), nowMs))).not.toContain('Claude Code CLI');
  });

  it('says what stands in the way, and what to do about it, within 80 columns', () => {
    const trouble = {
      code: 'LOGIN_EXPIRED',
      message: 'Anthropic no longer renews this login: Refresh token not found or invalid, it says, and that is final.',
      remedy: 'Sign in again with `companion auth login` (Claude) or `companion auth login-openai` (ChatGPT).',
      atMs: nowMs,
    };
    const text = plain(overviewLines(overview({ logins: [{ ...claude, state: 'dead', trouble }] }), nowMs));
    expect(text).toContain('Claude           dead  ada@example.com');
    expect(text).toContain(`until ${until}, not renewed`);
    expect(text.replace(/\n +/g, ' ')).toContain(`${trouble.message} ${trouble.remedy}`);
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('says how renewing goes: off, not yet, and with failures', () => {
    const { worker } = overview();
    const say = (changes: Partial<typeof worker>) =>
      plain(overviewLines(overview({ worker: { ...worker, ...changes } }), nowMs));
    expect(say({ enabled: false })).toContain('Renewal          off; a login is still renewed when it is used');
    expect(say({ last_check: null })).toContain('Renewal          on, while the companion runs');
    expect(say({ failed: 2, next_check: null })).toMatch(/, 2 failed$/);
  });

  it("PY-9: tells of another program's file in a line, to whoever has no login that works", () => {
    const importable = { searched: [], found: ['/home/ada/credentials.json', '/home/ada/.ccproxy/credentials.json'] };
    const say = (changes: Partial<AuthOverview>) => plain(overviewLines(overview({ importable, ...changes }), nowMs));
    const line =
      '                   found /home/ada/credentials.json: `companion auth import`\n' +
      '                   takes its login over\n';
    expect(say({})).toContain(`\`companion auth login\` signs in\n${line}`);
    expect(say({ logins: [{ ...claude, state: 'dead' }, claudeCode] })).toContain(line);
    expect(say({ logins: [claude] })).not.toContain('auth import');
    expect(say({ importable: { searched: [], found: [] } })).not.toContain('auth import');
  });

  it('lets no name steer the terminal', () => {
    const name = 'a\u001b[31mb\u009b';
    const text = overviewLines(overview({ logins: [{ ...claude, name, plan: name, location: name }] }), nowMs).join('');
    expect(text).not.toContain(name);
  });
});

describe('CCP-5, CCP-9: the end of a login', () => {
  it('says who is signed in, where it is kept and how long it lasts', () => {
    expect(plain([describeEnd(claude, nowMs)])).toBe(
      'Signed in to Claude as ada@example.com (Max 20×).\n' +
        `Kept in OS keyring (service: ccproxy-companion). Valid until ${until}, renewed by itself.`,
    );
    const long = { ...chatGpt, expiresAtMs: null, isRefreshable: false };
    expect(plain([describeEnd(long, nowMs)])).toContain('Signed in to ChatGPT as ada@example.org (Plus).');
    expect(plain([describeEnd(long, nowMs)])).toContain('It is not renewed.');
  });
});

describe('CCP-2, CCP-10: auth adopt', () => {
  it("says what is read of Claude Code's login, where it goes, and what the terms say", () => {
    const text = plain(claudeCodeDisclosure());
    expect(text.replaceAll('\n', ' ')).toContain('It never changes, renews or removes it: only Claude Code does that.');
    expect(text).toContain('published terms');
    expect(text).toMatch(/\nhttps:\/\/\S+\n$/);
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('says how it stands then', () => {
    expect(plain(adoptedLines('codex', true, [chatGpt], nowMs))).toBe(
      [
        "On: Codex's login is used here (`codex.enabled` in config.yaml).",
        `  ada@example.org (Plus)  usable, until ${until}, renewed by itself`,
        '  /home/ada/.codex/auth.json',
      ].join('\n'),
    );
    expect(plain(adoptedLines('codex', true, [], nowMs))).toContain('`codex login`');
    expect(plain(adoptedLines('claude-code', true, [], nowMs))).toContain('run `claude`');
    expect(plain(adoptedLines('claude-code', false, [claudeCode], nowMs))).toContain('stays signed in');
  });
});

it('a command that is told stays in one line, to be copied', () => {
  const words = 'Sign in again with `companion auth login` (Claude) or with `companion auth login-openai` (ChatGPT).';
  const lines = wrap(words, 0);
  expect(lines.join(' ')).toBe(words);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  for (const command of ['`companion auth login`', '`companion auth login-openai`'])
    expect(lines.some((line) => line.includes(command))).toBe(true);
  expect(wrap('an odd ` mark', 0)).toEqual(['an odd ` mark']);
});

describe('who is meant', () => {
  const logins = [claudeCode, claude, chatGpt];

  it.each([
    ['claude', 'anthropic'],
    ['chatgpt', 'openai'],
    ['claude-code', claudeCode.id],
    ['codex', chatGpt.id],
    ['ada@example.com', 'ada@example.com'],
    ['constructor', 'constructor'],
  ])('by %s is %s', (who, wanted) => {
    expect(wantedLogin(who, logins)).toBe(wanted);
  });

  it('by nothing is the Claude login that is on, else what is there', () => {
    expect(usualLogin(logins)).toBe(claude.id);
    expect(usualLogin([claudeCode, chatGpt])).toBe(chatGpt.id);
    expect(usualLogin([claudeCode])).toBe(claudeCode.id);
    expect(usualLogin([])).toBe('anthropic');
    expect(wantedLogin('codex', [])).toBe('openai');
  });
});
