import { describe, expect, it, onTestFinished } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { QuotaBoard } from '../../../companion/exchange/quota-board.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import type { Store } from '../../../companion/store/store.ts';
import { quotaWindow } from '../../support/records.ts';

const nowMs = () => 1_767_000_000_000;

function memoryStore(): Store {
  const { store } = openStore(':memory:', { quarantine: false });
  onTestFinished(() => store.close());
  return store;
}

const later = quotaWindow({ usedFraction: 0.5, observedAtMs: 1_767_000_000_001 });

describe('the quota board', () => {
  it('keeps the newest fact of each window and model, whatever order they come in', () => {
    const board = new QuotaBoard({ store: memoryStore(), nowMs });
    const opus = quotaWindow({ model: 'opus', usedFraction: 0.9 });
    board.note('a', [later, opus]);
    board.note('a', [quotaWindow({ usedFraction: 0.1 })]);
    expect(board.windowsOf('key/a')).toEqual([later, opus]);
    expect(board.windowsOf('key/b')).toEqual([]);
  });

  it('reads what came with an answer only when somebody wants to know, and of many answers the newest alone', () => {
    const store = memoryStore();
    const board = new QuotaBoard({ store, nowMs });
    const read: number[] = [];
    const note = (usedFraction: number) =>
      board.noteLater('a', 'opus', () => {
        read.push(usedFraction);
        return [quotaWindow({ usedFraction })];
      });
    [0.1, 0.2, 0.3].forEach(note);
    expect(read).toEqual([]);
    expect(board.usedFraction('a', undefined)).toBe(0.3);
    note(0.4);
    expect(board.windowsOf('key/a').map(({ usedFraction }) => usedFraction)).toEqual([0.4]);
    note(0.5);
    board.flush();
    expect(store.quotas('key/a').map(({ usedFraction }) => usedFraction)).toEqual([0.5]);
    expect(read).toEqual([0.3, 0.4, 0.5]);
  });

  it('holds few unread answers, however many models clients ask for', () => {
    const board = new QuotaBoard({ store: memoryStore(), nowMs });
    let read = 0;
    for (let index = 0; index < 1_000; index += 1) {
      board.noteLater('a', `model-${index}`, () => {
        read += 1;
        return [];
      });
    }
    expect(read).toBeGreaterThan(900);
  });

  it('writes to the store when it is flushed, and only what is new', () => {
    const store = memoryStore();
    const saved: string[] = [];
    const save = store.saveQuotas.bind(store);
    store.saveQuotas = (owner, windows) => {
      saved.push(`${owner} ${windows.map(({ window }) => window).join()}`);
      save(owner, windows);
    };
    const board = new QuotaBoard({ store, nowMs });
    board.note('a', [quotaWindow()]);
    board.note('b', [quotaWindow({ window: 'requests' }), quotaWindow({ window: 'tokens' })]);
    expect(saved).toEqual([]);
    board.flush();
    board.note('b', [quotaWindow({ window: 'tokens', usedFraction: 0.3 })]);
    board.flush();
    board.flush();
    expect(saved).toEqual(['key/a five_hour', 'key/b requests,tokens', 'key/b tokens']);
    expect(store.quotas('key/b').map(({ usedFraction }) => usedFraction)).toEqual([0.25, 0.3]);
  });

  it('knows after a restart what the last run knew, and older facts do not replace it', () => {
    const store = memoryStore();
    store.saveQuotas('key/a', [later]);
    store.saveQuotas('session/s', [quotaWindow()]);
    const board = new QuotaBoard({ store, nowMs });
    board.note('a', [quotaWindow()]);
    expect([board.windowsOf('key/a'), board.windowsOf('session/s')]).toEqual([[later], [quotaWindow()]]);
    expect(board.usedFraction('a', undefined)).toBe(0.5);
  });

  it('keeps facts that a failing disk did not take, and writes them later', () => {
    const store = memoryStore();
    const save = store.saveQuotas.bind(store);
    store.saveQuotas = () => {
      throw new CompanionError('STORE_UNAVAILABLE', 'the disk is full');
    };
    const board = new QuotaBoard({ store, nowMs });
    board.note('a', [quotaWindow()]);
    expect(() => board.flush()).toThrow('the disk is full');
    store.saveQuotas = save;
    board.flush();
    expect(store.quotas('key/a')).toEqual([quotaWindow()]);
  });

  it('is not filled up by a provider that names ever new windows', () => {
    const board = new QuotaBoard({ store: memoryStore(), nowMs });
    for (let n = 0; n < 1000; n += 1) board.note('a', [quotaWindow({ window: `w${n}` })]);
    board.note('a', [quotaWindow({ window: 'w3', usedFraction: 0.7 })]);
    expect(board.windowsOf('key/a')).toHaveLength(64);
    expect(board.usedFraction('a', undefined)).toBe(0.7);
  });
});

describe('how full a key is', () => {
  const used = (windows: readonly Parameters<typeof quotaWindow>[0][], model?: string) => {
    const board = new QuotaBoard({ store: memoryStore(), nowMs });
    board.note(
      'a',
      windows.map((changes, n) => quotaWindow({ window: `w${n}`, ...changes })),
    );
    return board.usedFraction('a', model);
  };

  it('is not known before a provider told anything', () => {
    expect(used([])).toBeNull();
    expect(used([{ usedFraction: null }])).toBeNull();
  });

  it('is what its fullest window says', () => {
    expect(used([{ usedFraction: 0.2 }, { usedFraction: 0.6 }, { usedFraction: null }])).toBe(0.6);
    expect(used([{ usedFraction: null, status: 'exceeded' }])).toBe(1);
    expect(used([{ usedFraction: 1.4, status: 'exceeded' }])).toBe(1.4);
  });

  it('counts a window that has begun anew as untouched', () => {
    expect(used([{ usedFraction: 1, status: 'exceeded', resetsAtMs: nowMs() }])).toBe(0);
    expect(used([{ usedFraction: 1, resetsAtMs: nowMs() }, { usedFraction: 0.3 }])).toBe(0.3);
  });

  it.each([
    ['gpt-5', 'gpt-5', 0.9],
    ['gpt-5', 'gpt-5-mini', 0.1],
    ['opus', 'claude-opus-4-5', 0.9],
    ['opus', 'claude-opusculum-1', 0.1],
    ['opus', undefined, 0.1],
  ])('counts a window of %s for %s as %d', (windowModel, model, expected) => {
    expect(used([{ usedFraction: 0.1 }, { usedFraction: 0.9, model: windowModel }], model)).toBe(expected);
  });
});
