import { describe, expect, test } from 'vitest';
import type { ExtensionState } from '../../../../extension/state.ts';
import { type PanelView } from '../../../../extension/ui/view/panel.ts';
import { type PopupView, popupView } from '../../../../extension/ui/view/popup-view.ts';
import {
  companion,
  firstTime,
  NOW_MS,
  popupStates,
  session,
  synced,
  unpaired,
  withFailedSync,
  withKeys,
  withLink,
  withSession,
  withTrouble,
} from '../../../support/extension-page/states.ts';
import { words } from '../words.ts';

const at = (state: ExtensionState | null) => popupView(state, NOW_MS);

function panelAt(state: ExtensionState): PanelView {
  const view = at(state);
  if (!('paragraphs' in view)) throw new Error(`${view.kind} is no panel`);
  return view;
}

/** What a person would tell somebody on the phone: state line, title, the step to take. */
function summary(view: PopupView): readonly string[] {
  const title = 'title' in view && view.title !== null ? [words(view.title)] : [];
  return [view.kind, words(view.line.word), ...title, ...('primary' in view ? [words(view.primary.label)] : [])];
}

const offline = { kind: 'offline', nextTryAtMs: NOW_MS + 3_200, wasEverOnline: true } as const;

describe('each state has its own line, title and one step', () => {
  test.each<readonly [ExtensionState | null, readonly string[]]>([
    [null, ['loading', 'One moment…']],
    [unpaired, ['unpaired', 'Not paired', 'Pair']],
    [
      withLink({ ...offline, wasEverOnline: false }),
      ['companion-missing', 'Offline', 'Start the companion', 'Try now'],
    ],
    [withLink(offline), ['offline', 'Offline', 'The companion is not running', 'Try now']],
    [withLink({ kind: 'connecting' }), ['connecting', 'Connecting…', 'Looking for the companion', 'Try now']],
    [withLink({ kind: 'impostor' }), ['impostor', 'Stopped', 'This is not your companion', 'Pair again']],
    [
      withLink({ kind: 'forgotten' }),
      ['forgotten', 'Pairing ended', 'The companion no longer knows this browser', 'Pair again'],
    ],
    [
      withLink({ kind: 'version', update: 'companion' }),
      ['version-companion', 'Update needed', 'The companion needs an update', 'Try again'],
    ],
    [
      withLink({ kind: 'version', update: 'extension' }),
      ['version-extension', 'Update needed', 'This extension needs an update', 'How to update'],
    ],
    [firstTime, ['consent', 'Connected', 'Sync session']],
    [
      { ...synced, hasSitePermission: false },
      ['no-permission', 'Permission needed', 'Allow this extension to use claude.ai', 'Allow claude.ai'],
    ],
    [
      popupStates['not-signed-in'] ?? null,
      ['not-signed-in', 'Signed out', 'You are not signed in on claude.ai', 'Sign in on claude.ai'],
    ],
    [popupStates['ready'] ?? null, ['ready', 'Connected', 'Ready to sync', 'Sync session']],
    [{ ...synced, sync: { kind: 'running' } }, ['syncing', 'Syncing…', 'Syncing your session', 'Syncing…']],
    [synced, ['synced', 'Connected', 'Sync session']],
    [
      { ...synced, signedIn: 'no' },
      ['signed-out', 'Session ended', 'claude.ai signed you out', 'Sign in on claude.ai'],
    ],
    [withSession({ state: 'signed-out' }), ['signed-out', 'Session ended', 'claude.ai signed you out', 'Sync session']],
    [
      withSession({ state: 'expired' }),
      ['session-expired', 'Session ended', 'claude.ai no longer accepts this session', 'Sign in on claude.ai'],
    ],
    [
      { ...withSession({ state: 'expired' }), choices: { ...synced.choices, keepsSynced: false } },
      ['session-expired', 'Session ended', 'claude.ai no longer accepts this session', 'Sync session'],
    ],
    [
      withSession({ state: 'expired' }, { signedIn: 'unknown' }),
      ['session-expired', 'Session ended', 'claude.ai no longer accepts this session', 'Sign in on claude.ai'],
    ],
    [withFailedSync('timeout'), ['sync-failed', 'Not synced', 'This took too long', 'Try again']],
    [withFailedSync('VAULT_LOCKED'), ['sync-failed', 'Not synced', 'The keyring is locked', 'Try again']],
    [
      withFailedSync('SESSION_EXPIRED'),
      ['session-expired', 'Session ended', 'claude.ai no longer accepts this session', 'Sign in on claude.ai'],
    ],
    [withTrouble('CHALLENGE'), ['trouble', 'Needs attention', 'claude.ai wants to see a browser', 'Open claude.ai']],
    [withTrouble('RATE_LIMITED'), ['trouble', 'Limit reached', 'A usage limit is reached', 'Dashboard']],
    [
      withTrouble('SOMETHING_NEWER'),
      ['trouble', 'Not synced', 'Something went wrong in the companion', 'Sync session'],
    ],
  ])('%#', (state, expected) => {
    expect(summary(at(state))).toEqual(expected);
  });
});

describe('before the person agreed', () => {
  test('nothing about the account is shown, whatever the companion knows', () => {
    const view = at({ ...synced, choices: { ...synced.choices, consentedAtMs: null } });
    expect(view.kind).toBe('consent');
    expect(JSON.stringify(view)).not.toContain('Ada');
  });

  test('the code to compare is shown for ten minutes after pairing, and no longer', () => {
    const shown = at(firstTime);
    expect(shown).toMatchObject({ fingerprint: '4F2A-91C7' });
    expect(popupView(firstTime, NOW_MS + 11 * 60_000)).toMatchObject({ fingerprint: null });
  });

  test('a permission that is there again leaves no trace of having been missing', () => {
    expect(at(withFailedSync('no-permission')).kind).toBe('synced');
    expect(at(withTrouble('SITE_PERMISSION_MISSING')).kind).toBe('synced');
    expect(at({ ...withTrouble('SITE_PERMISSION_MISSING'), hasSitePermission: false }).kind).toBe('no-permission');
  });

  test('missing permission does not stand in the way: the click asks for it', () => {
    expect(at({ ...firstTime, hasSitePermission: false }).kind).toBe('consent');
  });
});

describe('away from the companion', () => {
  test('tells the port, and counts down to the next try', () => {
    expect(panelAt(withLink(offline)).paragraphs.map(words)).toContain('Looking for it on port 8000, next try in 4 s.');
    expect(panelAt(withLink({ ...offline, nextTryAtMs: NOW_MS - 5_000 })).paragraphs.map(words)).toContain(
      'Looking for it on port 8000, next try in 0 s.',
    );
    expect(panelAt(withLink({ ...offline, nextTryAtMs: null })).paragraphs.map(words)).toContain(
      'Looking for it on port 8000.',
    );
  });

  test('keeps the last good figures and says how old they are', () => {
    const state = withLink(offline, { companion: { ...companion, atMs: NOW_MS - 120_000 } });
    expect(panelAt(state).account?.facts.map(words)[0]).toBe('Last known, 2 min ago');
  });

  test('says to an impostor nothing, and says so', () => {
    const view = panelAt(withLink({ kind: 'impostor' }));
    expect(view.emphasis === null ? '' : words(view.emphasis)).toBe('Nothing was sent to it.');
    expect(view.account).toBeNull();
  });

  test('offers no sync that could not arrive', () => {
    for (const kind of ['connecting', 'impostor', 'forgotten'] as const) {
      expect(panelAt(withLink({ kind })).primary.does).not.toBe('sync');
    }
  });
});

describe('signed out of claude.ai', () => {
  test('promises to sync by itself only where that was chosen', () => {
    const state: ExtensionState = { ...synced, signedIn: 'no' };
    const byHand: ExtensionState = { ...state, choices: { ...state.choices, keepsSynced: false } };
    expect(panelAt(state).paragraphs.map(words)).toContain('Sign in; it syncs by itself once you are back.');
    expect(panelAt(byHand).paragraphs.map(words)).toContain('Sign in, then click “Sync session” here.');
  });

  test('is not said of a person who never synced', () => {
    expect(at(popupStates['not-signed-in'] ?? null).kind).toBe('not-signed-in');
  });
});

describe('with API keys', () => {
  const meanwhile = 'Meanwhile, 3 API keys serve.';
  const says = (state: ExtensionState) => panelAt(state).paragraphs.map(words);

  test('a session that is missing or over does not read as if nothing worked', () => {
    const states: readonly ExtensionState[] = [
      { ...synced, hasSitePermission: false },
      popupStates['not-signed-in'] as ExtensionState,
      popupStates['ready'] as ExtensionState,
      { ...synced, signedIn: 'no' },
      withSession({ state: 'signed-out' }),
      withSession({ state: 'expired' }),
      withTrouble('RATE_LIMITED'),
      withTrouble('CHALLENGE'),
    ];
    for (const state of states) {
      expect(says(withKeys(state)), panelAt(state).kind).toContain(meanwhile);
      expect(says(state), panelAt(state).kind).not.toContain(meanwhile);
    }
  });

  test('nothing is promised for keys that all rest, nor while the companion is away or at fault', () => {
    const keys = [{ provider: 'openai', count: 2, healthy: 0 }];
    const resting = { ...withSession({ state: 'expired' }), companion: { ...companion, keys } };
    expect(says({ ...resting, companion: { ...resting.companion, sessions: [] } }).join()).not.toContain('Meanwhile');
    expect(says(withKeys(withLink(offline))).join()).not.toContain('Meanwhile');
    expect(says(withKeys(withTrouble('INTERNAL'))).join()).not.toContain('Meanwhile');
  });

  test('one key is spoken of as one', () => {
    const keys = [{ provider: 'openai', count: 1, healthy: 1 }];
    expect(
      says({ ...(popupStates['ready'] as ExtensionState), companion: { ...companion, sessions: [], keys } }),
    ).toContain('Meanwhile, one API key serves.');
  });

  test('the way to the client settings is open before a session was synced', () => {
    expect(panelAt(popupStates['ready'] as ExtensionState).secondary).toBeNull();
    expect(panelAt(withKeys(popupStates['ready'] as ExtensionState)).secondary?.does).toBe('show-clients');
  });
});

describe('unpaired while the companion was away', () => {
  test('says that it is told later, and until when', () => {
    const view = at({ ...unpaired, goodbyeUntilMs: NOW_MS + 14 * 24 * 3_600_000 });
    const goodbye = view.kind === 'unpaired' ? view.goodbye : null;
    expect(goodbye).toMatchObject({ key: 'goodbyeOwed', values: [{ dateMs: NOW_MS + 14 * 24 * 3_600_000 }] });
    expect(at(unpaired)).toMatchObject({ kind: 'unpaired', goodbye: null });
  });
});

describe('an expired session', () => {
  const facts = (state: ExtensionState) => panelAt(state).account?.facts.map(words) ?? [];

  test('says when it last worked, not when it was synced', () => {
    const state = withSession({ state: 'expired', syncedAtMs: NOW_MS });
    expect(facts(state)).toEqual(['Last worked 12 s ago']);
  });

  test('says only that it was refused when it was never seen to work', () => {
    const trouble = { code: 'SESSION_EXPIRED', message: 'no', atMs: NOW_MS - 120_000 };
    expect(facts(withSession({ state: 'expired', syncedAtMs: NOW_MS, quotas: [], trouble }))).toEqual([
      'Refused by claude.ai 2 min ago',
    ]);
  });

  test('is not called synced either when only the last push was refused', () => {
    expect(facts(withFailedSync('SESSION_EXPIRED')).join()).not.toContain('Synced');
  });
});

describe('synced', () => {
  test('says what is shared and where it rests', () => {
    const rests = (state: ExtensionState) => {
      const { shared } = panelAt(state);
      return shared === null ? '' : words(shared);
    };
    expect(rests(synced)).toContain('It rests in the system keyring on this computer');
    expect(rests(withSession({ restsIn: 'browser' }))).toContain('The session itself stays in this browser');
    const inFile = { ...companion, vault: { ...companion.vault, kind: 'key-file' as const } };
    expect(rests({ ...synced, companion: inFile })).toContain('an encrypted file');
  });

  test('shows the session of this browser, not that of another one', () => {
    const other = { ...session, id: 'session-9', seatId: 'seat-9', displayName: 'Somebody Else' };
    const view = panelAt({ ...synced, companion: { ...companion, sessions: [other, session] } });
    expect(view.account?.name).toBe('Ada Lovelace');
  });

  test('offers to sync when only another browser has a session there', () => {
    const other = { ...session, id: 'session-9', seatId: 'seat-9' };
    expect(at({ ...synced, companion: { ...companion, sessions: [other] } }).kind).toBe('ready');
  });

  test('names each program once, with all of its requests', () => {
    const job = { id: '1', client: 'claude-code', startedAtMs: NOW_MS };
    const { jobs } = panelAt({ ...synced, jobs: [job, { ...job, id: '2', client: 'my script' }, { ...job, id: '3' }] });
    expect(jobs.map((each) => words(each.sentence))).toEqual([
      'Claude Code is using this session now, 2 requests.',
      'my script is using this session now.',
    ]);
    expect(jobs[0]?.ids).toEqual(['1', '3']);
  });

  test('keeps running requests stoppable when there is trouble', () => {
    const state = { ...withTrouble('OVERLOADED'), jobs: [{ id: '1', client: 'codex', startedAtMs: NOW_MS }] };
    expect(panelAt(state).jobs).toHaveLength(1);
  });
});

test('the words of others are cleaned before they are shown', () => {
  const { details } = panelAt(withFailedSync('PROVIDER_REFUSED', 'no\u202E such\u0000 thing'));
  expect(details).toEqual({ text: 'PROVIDER_REFUSED: no such thing', isOpen: true });
});

test('no state speaks the language of the trade', () => {
  const jargon =
    /websocket|handshake|token expired|\b40\d\b|\bHTTP\b|JSON|API(?! keys?\b)|null|undefined|cookie store/i;
  for (const state of Object.values(popupStates)) {
    const view = at(state);
    const said =
      'paragraphs' in view ? [...view.paragraphs, view.title, view.shared].filter((each) => each !== null) : [];
    for (const sentence of [view.line.word, ...said]) expect(words(sentence)).not.toMatch(jargon);
  }
});

test('a session that the person turned off says so before anything else', () => {
  const factsOf = (state: ExtensionState) => {
    const view = at(state);
    return 'account' in view ? view.account?.facts.map(words) : undefined;
  };
  expect(factsOf(synced)?.[0]).toBe('Synced 2 min ago');
  expect(factsOf(withSession({ isOff: true }))?.[0]).toBe('Turned off: it serves nobody');
});
