import { afterEach, beforeEach, expect, test } from 'vitest';
import { Link } from '../../extension/link.ts';
import { PairStore } from '../../extension/pair-store.ts';
import type { LinkState } from '../../extension/state.ts';
import { toBase64Url } from '../../shared/link/bytes.ts';
import type { CompanionFrame } from '../../shared/link/frame.ts';
import { createHello } from '../../shared/link/handshake.ts';
import { closeCode, LINK_VERSION, MAX_FRAME_BYTES } from '../../shared/link/protocol.ts';
import { FakeStorage, hurriedClock, until } from './support/fakes.ts';
import { freshKeys, StandInCompanion, surroundings } from './support/stand-in-companion.ts';

let companion: StandInCompanion;
let pairs: PairStore;
let storage: FakeStorage;
let link: Link;
let states: LinkState[];
let frames: CompanionFrame[];

beforeEach(async () => {
  companion = await new StandInCompanion(await freshKeys()).listen();
  storage = new FakeStorage();
  pairs = new PairStore(storage);
  await keepPair('old', true);
  link = createLink();
});

afterEach(async () => {
  await pairs.unpair(0);
  await link.hangUp();
  await companion.close();
});

async function keepPair(pairId: string, isKnown: boolean): Promise<void> {
  const longTermKey = crypto.getRandomValues(new Uint8Array(32));
  if (isKnown) companion.pairs.set(pairId, longTermKey);
  const companionKey = (await createHello(companion.keys, '')).pk;
  const facts = { port: companion.port, pairId, seatId: pairId, companionKey, fingerprint: '', pairedAtMs: 1 };
  await pairs.keepPending({ ...facts, longTermKey });
  pairs.endCeremony();
  if (pairId === 'old') await pairs.promote(pairId, 1);
}

function createLink(options: { silenceMs?: number } = {}): Link {
  states = [];
  frames = [];
  return new Link({
    ...surroundings(hurriedClock(20)),
    clock: hurriedClock(options.silenceMs === undefined ? 20 : 1),
    ...options,
    pairs,
    random: () => 0.5,
    keepAwake: () => undefined,
    onState: (state) => states.push(state),
    onFrame: (frame) => frames.push(frame),
  });
}

const kinds = (): string[] => states.map((state) => state.kind);

test('is online only after the companion has proved itself', async () => {
  await link.tryNow();
  expect(kinds()).toEqual(['connecting', 'online']);
  expect((await pairs.load()).wasEverOnline).toBe(true);
});

test('sends nothing at all to a squatter with a key of its own', async () => {
  companion.keys = await freshKeys();
  await link.tryNow();
  expect(link.state).toEqual({ kind: 'impostor' });
  expect(companion.raw).toEqual([]);
});

test('sends nothing but the handshake to a squatter that replays the real public key', async () => {
  companion.insteadOfReady = (socket) => socket.send(crypto.getRandomValues(new Uint8Array(200)));
  await link.tryNow();
  expect(link.state).toEqual({ kind: 'impostor' });
  expect(link.send({ t: 'status.get' })).toBe(false);
  expect(companion.raw.map((message) => JSON.parse(message.toString()).t)).toEqual(['auth']);
});

test('takes something else on the port for an impostor', async () => {
  companion.changeHello = () => ({ jsonrpc: '2.0' }) as never;
  await link.tryNow();
  expect(link.state).toEqual({ kind: 'impostor' });
  expect(companion.raw).toEqual([]);
});

test('keeps a pair that the companion forgot, and says so', async () => {
  companion.pairs.clear();
  await link.tryNow();
  expect(link.state).toEqual({ kind: 'forgotten' });
  expect(pairs.shown).not.toBeNull();
});

test('deletes the pair when the companion ends it', async () => {
  await link.tryNow();
  companion.visits[0]?.socket.close(closeCode.unpaired);
  await until(() => link.state.kind === 'unpaired');
  expect(pairs.shown).toBeNull();
});

test('keeps the pair when somebody says that it is over who has not proved itself', async () => {
  companion.insteadOfReady = (socket) => socket.close(closeCode.unpaired);
  await link.tryNow();
  expect(link.state).toEqual({ kind: 'forgotten' });
  expect(pairs.shown).not.toBeNull();
});

test('deletes the pair on an unpair frame', async () => {
  await link.tryNow();
  await companion.visits[0]?.send({ t: 'unpair' });
  await until(() => link.state.kind === 'unpaired');
  expect(pairs.shown).toBeNull();
});

test('says which side to update', async () => {
  companion.changeHello = (hello) => ({ ...hello, v: LINK_VERSION + 1, min: LINK_VERSION + 1 });
  await link.tryNow();
  expect(link.state).toEqual({ kind: 'version', update: 'extension' });
  expect(companion.raw).toEqual([]);
});

test('comes back by itself when the companion was restarted', async () => {
  await link.tryNow();
  await companion.close();
  await until(() => link.state.kind === 'offline', 'offline');
  expect(link.state).toMatchObject({ wasEverOnline: true });
  await companion.listen(companion.port);
  await until(() => link.state.kind === 'online', 'online again');
});

test('knows whether it was ever online', async () => {
  await companion.close();
  await link.tryNow();
  expect(link.state).toMatchObject({ kind: 'offline', wasEverOnline: false });
});

test('shows a retry in the background without pretending to connect', async () => {
  await companion.close();
  await link.tryNow();
  await until(() => states.length >= 4);
  expect(kinds()).toEqual(['connecting', 'offline', 'offline', 'offline']);
  expect(states[2]).toMatchObject({ nextTryAtMs: null });
});

test('answers a ping', async () => {
  await link.tryNow();
  await companion.visits[0]?.send({ t: 'ping' });
  await until(() => companion.frames.some(({ frame }) => frame.t === 'pong'));
  expect(frames).toEqual([]);
});

test('gives up a peer that has fallen silent', async () => {
  link = createLink({ silenceMs: 60 });
  await link.tryNow();
  await until(() => link.state.kind === 'offline');
  expect(kinds()).toEqual(['connecting', 'online', 'offline']);
});

test('answers a frame of a newer companion with an error and goes on', async () => {
  await link.tryNow();
  await companion.visits[0]?.send({ t: 'telepathy.start' });
  await companion.visits[0]?.send({ t: 'session.request', reason: 'expired' });
  await until(() => frames.length === 1 && companion.frames.length === 1);
  expect(companion.frames.map(({ frame }) => frame)).toMatchObject([
    { t: 'error', ref: 'telepathy.start', retryable: false },
  ]);
});

test.each([
  ['garbage', crypto.getRandomValues(new Uint8Array(64))],
  ['text', 'hello again'],
  ['a message over the limit', new Uint8Array(MAX_FRAME_BYTES + 1)],
])('hangs up on %s in the middle of a session', async (_what, message) => {
  await link.tryNow();
  const closed = new Promise<number>((resolve) => companion.visits[0]?.socket.on('close', resolve));
  companion.visits[0]?.socket.send(message);
  expect(await closed).toBe(closeCode.badFrame);
});

test('hangs up when a sealed message is replayed', async () => {
  await link.tryNow();
  const visit = companion.visits[0];
  const closed = new Promise<number>((resolve) => visit?.socket.on('close', resolve));
  const send = visit?.socket.send.bind(visit.socket);
  if (visit !== undefined && send !== undefined) {
    visit.socket.send = ((data: Uint8Array) => [send(data), send(data)]) as never;
  }
  await visit?.send({ t: 'session.request', reason: 'once' });
  expect(await closed).toBe(closeCode.badFrame);
  expect(frames).toHaveLength(1);
});

test('does not fight a newer socket of the same pair', async () => {
  await link.tryNow();
  const beforeMs = Date.now();
  companion.visits[0]?.socket.close(closeCode.replaced);
  await until(() => link.state.kind === 'offline');
  expect(link.state).toMatchObject({ kind: 'offline' });
  expect((link.state as { nextTryAtMs: number }).nextTryAtMs - beforeMs).toBeGreaterThan(40_000);
  await link.nudge();
  expect(companion.connections).toBe(1);
});

test('makes a pending pair the current one once a session with it succeeds', async () => {
  await keepPair('new', true);
  await link.tryNow();
  expect(link.pairId).toBe('new');
  expect(await pairs.load()).toMatchObject({ current: { pairId: 'new' }, pending: null });
});

test('drops a pending pair that the companion never kept, and uses the old one', async () => {
  await keepPair('new', false);
  await link.tryNow();
  expect(link.pairId).toBe('old');
  expect(await pairs.load()).toMatchObject({ current: { pairId: 'old' }, pending: null });
});

test('keeps a pending pair while nobody answers', async () => {
  await keepPair('new', true);
  await companion.close();
  await link.tryNow();
  expect(await pairs.load()).toMatchObject({ current: { pairId: 'old' }, pending: { pairId: 'new' } });
});

test('starts one attempt however often it is asked', async () => {
  await Promise.all([link.tryNow(), link.tryNow(), link.nudge()]);
  expect(companion.connections).toBe(1);
});

test('is unpaired without a pair, and opens no socket', async () => {
  await pairs.unpair(0);
  await link.tryNow();
  expect(link.state).toEqual({ kind: 'unpaired' });
  expect(companion.connections).toBe(0);
});

test('never puts the long-term key on the wire', async () => {
  await link.tryNow();
  link.send({ t: 'status.get' });
  await until(() => companion.frames.length === 1);
  const key = companion.pairs.get('old') ?? new Uint8Array(0);
  const forms = [Buffer.from(key), Buffer.from(toBase64Url(key))];
  expect(companion.raw.some((message) => forms.some((form) => message.indexOf(form) >= 0))).toBe(false);
});
