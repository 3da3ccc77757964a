import { afterEach, beforeEach, expect, test } from 'vitest';
import { Link } from '../../extension/link.ts';
import { PairStore } from '../../extension/pair-store.ts';
import { pair } from '../../extension/pairing.ts';
import type { PairAnswer } from '../../extension/state.ts';
import { LINK_VERSION } from '../../shared/link/protocol.ts';
import { FakeStorage, hurriedClock } from './support/fakes.ts';
import { freshKeys, StandInCompanion, surroundings } from './support/stand-in-companion.ts';

let companion: StandInCompanion;
let storage: FakeStorage;
let pairs: PairStore;
let link: Link;

beforeEach(async () => {
  companion = await new StandInCompanion(await freshKeys()).listen();
  storage = new FakeStorage();
  wakeWorker();
});

afterEach(async () => {
  await pairs.unpair(0);
  await link.hangUp();
  await companion.close();
});

/** What a worker that has just started knows: what is on disk, and nothing else. */
function wakeWorker(): void {
  pairs = new PairStore(storage);
  link = new Link({
    ...surroundings(hurriedClock(20)),
    pairs,
    random: () => 0.5,
    keepAwake: () => undefined,
    onState: () => undefined,
    onFrame: () => undefined,
  });
}

const reconnect = (): Promise<void> => link.restart();

function pairWith(text: string): Promise<PairAnswer> {
  return pair(text, { ...surroundings(), pairs, reconnect });
}

test('pairs with a pasted token, and is online with the new pair', async () => {
  const answer = await pairWith(await companion.issueToken());
  expect(answer).toMatchObject({ ok: true, fingerprint: expect.stringMatching(/^[0-9A-F]{4}-[0-9A-F]{4}$/) });
  expect(link.state.kind).toBe('online');
  expect(pairs.shown).toMatchObject({ port: companion.port, seatId: 'pair-1' });
});

test('shows the same fingerprint in every later session', async () => {
  const answer = await pairWith(await companion.issueToken());
  expect(pairs.shown?.fingerprint).toBe(answer.ok && answer.fingerprint);
});

test('pairs with a pairing link, in quotes and blanks', async () => {
  const token = await companion.issueToken();
  expect(await pairWith(`  "http://127.0.0.1:${companion.port}/pair#${token}" `)).toMatchObject({ ok: true });
});

test.each(['', 'hello', 'ccp1_1_short', 'sk-ant-something'])('knows that %j is no token', async (text) => {
  expect(await pairWith(text)).toEqual({ ok: false, reason: 'not-a-token' });
  expect(companion.connections).toBe(0);
});

test('says that nobody is there', async () => {
  const token = await companion.issueToken();
  await companion.close();
  expect(await pairWith(token)).toEqual({ ok: false, reason: 'nobody-there' });
});

test('says that the token was refused, and keeps the old pair and its link', async () => {
  await pairWith(await companion.issueToken());
  const token = await companion.issueToken();
  companion.tokens.clear();
  expect(await pairWith(token)).toEqual({ ok: false, reason: 'refused' });
  expect(pairs.shown).toMatchObject({ seatId: 'pair-1' });
  expect(link.isOnline).toBe(true);
});

test('refuses a squatter that does not know the token, and tells it nothing', async () => {
  companion.insteadOfReady = (socket) => socket.send(crypto.getRandomValues(new Uint8Array(300)));
  expect(await pairWith(await companion.issueToken())).toEqual({ ok: false, reason: 'refused' });
  expect(companion.raw).toHaveLength(1);
  expect((await pairs.load()).pending).toBeNull();
});

test('says that the versions do not meet', async () => {
  companion.changeHello = (hello) => ({ ...hello, v: LINK_VERSION - 1, min: LINK_VERSION - 1 });
  expect(await pairWith(await companion.issueToken())).toEqual({ ok: false, reason: 'version' });
});

test('replaces the old pair, and owes its companion a goodbye', async () => {
  await pairWith(await companion.issueToken());
  await pairWith(await companion.issueToken());
  expect(pairs.shown).toMatchObject({ seatId: 'pair-2' });
  expect(pairs.goodbyes).toMatchObject([{ pairId: 'pair-1' }]);
  expect(link.pairId).toBe('pair-2');
});

test('has the pair on disk before it sends the commit', async () => {
  const onDisk: unknown[] = [];
  companion.onCommit = async (visit) => {
    onDisk.push(JSON.parse(storage.entries.get('pair') ?? '{}'));
    await visit.send({ t: 'pair.committed' });
  };
  await pairWith(await companion.issueToken());
  expect(onDisk).toMatchObject([{ value: { current: null, pending: { pairId: 'pair-1' } } }]);
});

test('commits nothing when the pair cannot be written', async () => {
  storage.isBroken = true;
  await expect(pairWith(await companion.issueToken())).rejects.toThrow('the disk is full');
  expect(companion.frames).toEqual([]);
  storage.isBroken = false;
});

test('is paired when the companion kept the pair but went away before it could say so', async () => {
  companion.onCommit = async (visit) => visit.socket.terminate();
  expect(await pairWith(await companion.issueToken())).toMatchObject({ ok: true });
  expect(link.pairId).toBe('pair-1');
});

test('is not paired when the companion lost the commit, and the old pair works on', async () => {
  await pairWith(await companion.issueToken());
  companion.onCommit = async (visit) => {
    companion.pairs.delete('pair-2');
    visit.socket.terminate();
  };
  expect(await pairWith(await companion.issueToken())).toEqual({ ok: false, reason: 'timeout' });
  expect(await pairs.load()).toMatchObject({ current: { pairId: 'pair-1' }, pending: null });
  expect(link.pairId).toBe('pair-1');
});

test.each([
  ['kept', 'pair-2'],
  ['never saw', 'pair-1'],
] as const)('after a crash in mid-commit, the pair that the companion %s decides', async (what, expected) => {
  await pairWith(await companion.issueToken());
  const committed = new Promise<void>((resolve) => {
    companion.onCommit = async () => {
      if (what === 'never saw') companion.pairs.delete('pair-2');
      resolve();
    };
  });
  void pairWith(await companion.issueToken());
  await committed;
  const crashed = { pairs, link };
  wakeWorker();
  await link.tryNow();
  expect(link.pairId).toBe(expected);
  expect(await pairs.load()).toMatchObject({ current: { pairId: expected }, pending: null });
  await crashed.pairs.unpair(0);
  await crashed.link.hangUp();
});
