import { afterEach, beforeEach, expect, test } from 'vitest';
import { Farewells } from '../../extension/farewells.ts';
import { connectLink } from '../../extension/link-connection.ts';
import { GOODBYE_LIFE_MS, PairStore } from '../../extension/pair-store.ts';
import type { OwedGoodbye } from '../../extension/pair-store.ts';
import type { Clock } from '../../extension/ports.ts';
import { toBase64Url } from '../../shared/link/bytes.ts';
import { createHello } from '../../shared/link/handshake.ts';
import { closeCode } from '../../shared/link/protocol.ts';
import { FakeStorage, hurriedClock } from './support/fakes.ts';
import { freshKeys, StandInCompanion, surroundings } from './support/stand-in-companion.ts';

let companion: StandInCompanion;
let storage: FakeStorage;
let pairs: PairStore;
let farewells: Farewells;
let lateByMs: number;
let longTermKey: Uint8Array<ArrayBuffer>;

const clock: Clock = { ...hurriedClock(50), now: () => Date.now() + lateByMs };

beforeEach(async () => {
  companion = await new StandInCompanion(await freshKeys()).listen();
  lateByMs = 0;
  storage = new FakeStorage();
  wakeWorker();
  longTermKey = crypto.getRandomValues(new Uint8Array(32));
  companion.pairs.set('pair-1', longTermKey);
  const companionKey = (await createHello(companion.keys, '')).pk;
  const facts = {
    port: companion.port,
    pairId: 'pair-1',
    seatId: 'pair-1',
    companionKey,
    fingerprint: '',
    pairedAtMs: 1,
  };
  await pairs.keepPending({ ...facts, longTermKey });
  pairs.endCeremony();
  await pairs.promote('pair-1', 1);
});

afterEach(() => companion.close());

function wakeWorker(): void {
  pairs = new PairStore(storage);
  farewells = new Farewells({ ...surroundings(clock), pairs, onChange: () => undefined });
}

const unpair = () => pairs.unpair(clock.now());
const owed = async (): Promise<readonly OwedGoodbye[]> => (await pairs.load()).goodbyes;
const said = () => companion.frames.map(({ frame }) => frame.t);

test('a goodbye that nobody heard is said when the companion is back, by a worker that knows only its disk', async () => {
  const { port } = companion;
  await companion.close();
  await unpair();
  await farewells.deliver();
  expect(farewells.missedUntilMs).toBeGreaterThan(clock.now());
  wakeWorker();
  await companion.listen(port);
  await farewells.deliver();
  expect(said()).toEqual(['unpair']);
  expect(companion.pairs.has('pair-1')).toBe(false);
  expect(await owed()).toEqual([]);
  expect(farewells.missedUntilMs).toBeNull();
});

test('what is left of the pair opens no session: the key itself is gone', async () => {
  await unpair();
  const [goodbye] = await owed();
  expect([...storage.entries.values()].join()).not.toContain(toBase64Url(longTermKey));
  const preSharedKey = new Uint8Array(Buffer.from(goodbye?.keys[0] ?? '', 'base64url'));
  const session = { port: companion.port, mode: 'session', id: 'pair-1', pinnedKey: goodbye?.companionKey } as const;
  await expect(connectLink(surroundings(), { ...session, preSharedKey })).rejects.toMatchObject({
    end: { kind: 'refused' },
  });
});

test('is said with the key that was offered last, when the companion uses that by now', async () => {
  const next = crypto.getRandomValues(new Uint8Array(32));
  await pairs.keepNextKey('pair-1', 'offer-1', next);
  companion.pairs.set('pair-1', next);
  await unpair();
  await farewells.deliver();
  expect(companion.pairs.has('pair-1')).toBe(false);
  expect(await owed()).toEqual([]);
});

test('is said with the key before, when the companion never came to use the one it offered', async () => {
  await pairs.keepNextKey('pair-1', 'offer-1', crypto.getRandomValues(new Uint8Array(32)));
  await unpair();
  await farewells.deliver();
  expect(companion.pairs.has('pair-1')).toBe(false);
  expect(await owed()).toEqual([]);
});

test('stays owed until the companion has confirmed it', async () => {
  companion.confirmsFarewells = false;
  companion.onFrame = ({ socket }) => socket.close(closeCode.unpaired);
  await unpair();
  await farewells.deliver();
  expect(said()).toEqual(['unpair']);
  expect(await owed()).toHaveLength(1);
  companion.confirmsFarewells = true;
  await farewells.deliver();
  expect(await owed()).toEqual([]);
});

test('is forgotten when the companion does not know the pair any more', async () => {
  companion.pairs.delete('pair-1');
  await unpair();
  await farewells.deliver();
  expect(await owed()).toEqual([]);
  expect(farewells.missedUntilMs).toBeNull();
});

test('says nothing to a stranger on the port, and stays owed', async () => {
  await unpair();
  companion.keys = await freshKeys();
  await farewells.deliver();
  expect(companion.raw).toEqual([]);
  expect(await owed()).toHaveLength(1);
});

test('is given up after its time, without another word', async () => {
  await unpair();
  lateByMs = GOODBYE_LIFE_MS - 60_000;
  companion.insteadOfReady = (socket) => socket.terminate();
  await farewells.deliver();
  expect(await owed()).toHaveLength(1);
  const before = companion.connections;
  lateByMs = GOODBYE_LIFE_MS + 60_000;
  await farewells.deliver();
  expect(companion.connections).toBe(before);
  expect(await owed()).toEqual([]);
});

test('is owed to the companion of a pair that another one replaced', async () => {
  const companionKey = (await createHello(companion.keys, '')).pk;
  const facts = {
    port: companion.port,
    pairId: 'pair-2',
    seatId: 'pair-2',
    companionKey,
    fingerprint: '',
    pairedAtMs: 2,
  };
  await pairs.keepPending({ ...facts, longTermKey: crypto.getRandomValues(new Uint8Array(32)) });
  pairs.endCeremony();
  await pairs.promote('pair-2', clock.now());
  expect((await owed()).map(({ pairId }) => pairId)).toEqual(['pair-1']);
  await farewells.deliver();
  expect(companion.pairs.has('pair-1')).toBe(false);
  expect(pairs.shown?.seatId).toBe('pair-2');
});

test('takes in a key that was offered in the very moment of unpairing', async () => {
  const next = crypto.getRandomValues(new Uint8Array(32));
  companion.pairs.set('pair-1', next);
  await Promise.all([unpair(), pairs.keepNextKey('pair-1', 'offer-1', next)]);
  expect(pairs.shown).toBeNull();
  await farewells.deliver();
  expect(companion.pairs.has('pair-1')).toBe(false);
});
