/** The change of a pair's long-term key, between the real extension's link and the real companion's. */
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Link } from '../../../extension/link.ts';
import { PairStore } from '../../../extension/pair-store.ts';
import { pair } from '../../../extension/pairing.ts';
import type { OpenSocket, Socket, StoragePort } from '../../../extension/ports.ts';
import { toBase64Url } from '../../../shared/link/bytes.ts';
import { REKEY_AFTER_MS } from '../../../shared/link/protocol.ts';
import { Secret } from '../../../shared/redact.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeStorage, hurriedClock } from '../../extension/support/fakes.ts';
import { openTestSocket, surroundings } from '../../extension/support/stand-in-companion.ts';
import { Disk } from './disk.ts';
import { eventually, startLink } from './harness.ts';
import type { LinkHarness } from './harness.ts';

/** What survives a crash of the extension; `crashAfter(n)` lets n more writes through. */
class ExtensionDisk implements StoragePort {
  readonly storage = new FakeStorage();
  writesLeft = Number.POSITIVE_INFINITY;

  read = (key: string): Promise<unknown> => this.storage.read(key);
  remove = (key: string): Promise<void> => this.storage.remove(key);
  async write(key: string, value: unknown): Promise<void> {
    if (this.writesLeft <= 0) throw new Error('the browser crashed');
    this.writesLeft -= 1;
    await this.storage.write(key, value);
  }
}

/** Cuts the wire after so many messages of one direction; the one after is lost, as is everything later. */
class Wire {
  sentLeft = Number.POSITIVE_INFINITY;
  receivedLeft = Number.POSITIVE_INFINITY;

  readonly open: OpenSocket = (url) => {
    const socket = openTestSocket(url);
    return new Proxy(socket, { get: (target, name) => this.#property(target, name) });
  };

  #property(socket: Socket, name: string | symbol): unknown {
    if (name === 'send') return (data: never) => this.#send(socket, data);
    if (name === 'addEventListener') return (type: never, listener: never) => this.#listen(socket, type, listener);
    const value: unknown = Reflect.get(socket, name);
    return typeof value === 'function' ? value.bind(socket) : value;
  }

  #send(socket: Socket, data: never): void {
    this.sentLeft -= 1;
    if (this.sentLeft >= 0) socket.send(data);
    else cut(socket);
  }

  #listen(socket: Socket, type: 'message', listener: (event: { readonly data: unknown }) => void): void {
    if (type !== 'message') return socket.addEventListener(type, listener);
    socket.addEventListener('message', (event) => {
      this.receivedLeft -= 1;
      if (this.receivedLeft >= 0) listener(event);
      else cut(socket);
    });
  }
}

function cut(socket: Socket): void {
  (socket as unknown as { terminate(): void }).terminate();
}

let clock: FakeClock;
let disk: Disk;
let browserDisk: ExtensionDisk;
let wire: Wire;
let companion: LinkHarness;
let pairs: PairStore;
let link: Link;

beforeEach(async () => {
  clock = new FakeClock();
  disk = new Disk();
  browserDisk = new ExtensionDisk();
  wire = new Wire();
  companion = await startLink({ disk, clock });
  wakeBrowser();
  const token = await companion.token();
  await pair(token, { ...surroundings(), pairs, reconnect: () => link.restart() });
  expect(link.state.kind).toBe('online');
});

afterEach(() => link.hangUp());

/** The extension as a worker that has just started: it knows what is on its disk. */
function wakeBrowser(): void {
  pairs = new PairStore(browserDisk);
  link = new Link({
    ...surroundings(hurriedClock()),
    openSocket: (url) => wire.open(url.replace(/:\d+\//, `:${companion.port}/`)),
    pairs,
    random: () => 0.5,
    keepAwake: () => undefined,
    onState: () => undefined,
    onFrame: () => undefined,
  });
  const woken = link;
  onTestFinished(() => woken.hangUp());
}

async function restartBoth(): Promise<void> {
  await link.hangUp();
  await companion.kill();
  disk.repair();
  browserDisk.writesLeft = Number.POSITIVE_INFINITY;
  [wire.sentLeft, wire.receivedLeft] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  companion = await startLink({ disk, clock });
  wakeBrowser();
}

const seatName = (): string => [...disk.secrets.keys()].find((name) => name.startsWith('seat/')) ?? '';
const companionKey = (): string => (JSON.parse(disk.secrets.get(seatName())?.reveal() ?? '{}') as { key: string }).key;
const browserKeys = async () => {
  const { current } = await pairs.load();
  return { key: current?.key, next: current?.next?.key };
};

/** The key grows old while nobody is connected; the next session finds it due. */
async function comeBackAfter(ms: number): Promise<void> {
  await link.hangUp();
  await clock.advance(ms);
  await link.tryNow();
}

async function isChanged(from: string): Promise<void> {
  await eventually(() => companionKey() !== from && pairs.shown !== null, 'the companion has a new key');
  await eventually(
    () => browserDisk.storage.entries.get('pair')?.includes('"next":null') === true,
    'and so has the browser',
  );
}

describe('the key of a pair', () => {
  it('changes by itself when a browser connects with one that is thirty days old', async () => {
    const before = companionKey();
    await comeBackAfter(REKEY_AFTER_MS - 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(companionKey()).toBe(before);
    await comeBackAfter(1);
    await isChanged(before);
    expect(await browserKeys()).toEqual({ key: companionKey(), next: undefined });
  });

  it('changes in the middle of a session, when its time comes', async () => {
    const before = companionKey();
    await link.hangUp();
    const entry = JSON.parse(disk.secrets.get(seatName())?.reveal() ?? '{}') as object;
    const sinceMs = clock.nowMs() - REKEY_AFTER_MS + 10_000;
    disk.secrets.set(seatName(), new Secret(JSON.stringify({ ...entry, sinceMs })));
    await link.tryNow();
    await eventually(() => clock.pendingTimers > 1, 'the change is planned');
    expect(companionKey()).toBe(before);
    await clock.advance(10_000);
    await isChanged(before);
    expect(link.state.kind).toBe('online');
  });

  it('is the only one that opens a session afterwards, and the fingerprint stays that of the pairing', async () => {
    const [before, fingerprint] = [companionKey(), pairs.shown?.fingerprint];
    const { current } = await pairs.load();
    await comeBackAfter(REKEY_AFTER_MS);
    await isChanged(before);
    const old = { seatId: current?.seatId ?? '', pinnedKey: current?.companionKey ?? '', fingerprint: '' };
    const oldKey = new Uint8Array(Buffer.from(before, 'base64url'));
    await expect(companion.connect({ pair: { ...old, key: oldKey } })).rejects.toMatchObject({ code: 4401 });
    const newKey = new Uint8Array(Buffer.from(companionKey(), 'base64url'));
    const session = await companion.connect({ pair: { ...old, key: newKey } });
    expect(session.received[0]?.frame).toMatchObject({ t: 'ready', fingerprint });
    expect(companion.link.seats()[0]?.fingerprint).toBe(fingerprint);
  });

  it('changes again when its time comes again', async () => {
    const first = companionKey();
    await comeBackAfter(REKEY_AFTER_MS);
    await isChanged(first);
    const second = companionKey();
    await comeBackAfter(REKEY_AFTER_MS);
    await isChanged(second);
    expect(new Set([first, second, companionKey()]).size).toBe(3);
  });

  it('that was stored bare, without its age, counts as due', async () => {
    const before = companionKey();
    await link.hangUp();
    disk.secrets.set(seatName(), new Secret(before));
    await link.tryNow();
    expect(link.state.kind).toBe('online');
    await eventually(() => disk.secrets.get(seatName())?.reveal() !== before, 'the entry was rewritten');
    await isChanged(before);
  });

  it('never travels: neither side sends it, and no log names it', async () => {
    const before = companionKey();
    await comeBackAfter(REKEY_AFTER_MS);
    await isChanged(before);
    const log = JSON.stringify(companion.log);
    expect(log).not.toContain(companionKey());
    expect(log).not.toContain(before);
  });
});

describe('a crash in the middle of the change', () => {
  interface CrashPoint {
    readonly where:
      | 'write of the companion'
      | 'write of the browser'
      | 'frame to the browser'
      | 'frame to the companion';
    readonly after: number;
  }
  const points: readonly CrashPoint[] = (
    ['write of the companion', 'write of the browser', 'frame to the browser', 'frame to the companion'] as const
  ).flatMap((where) => Array.from({ length: 6 }, (_none, after) => ({ where, after })));

  function plan({ where, after }: CrashPoint): void {
    switch (where) {
      case 'write of the companion':
        return disk.crashAfter(after);
      case 'write of the browser':
        browserDisk.writesLeft = after;
        return;
      case 'frame to the browser':
        wire.receivedLeft = after;
        return;
      case 'frame to the companion':
        wire.sentLeft = after;
    }
  }

  it.each(points)('locks nobody out: the $where after $after is lost', async (point) => {
    const before = companionKey();
    const seatId = pairs.shown?.seatId;
    await link.hangUp();
    await clock.advance(REKEY_AFTER_MS);
    plan(point);
    await link.tryNow();
    await new Promise((resolve) => setTimeout(resolve, 60));

    await restartBoth();
    await link.tryNow();
    expect(link.state.kind).toBe('online');
    expect(pairs.shown?.seatId).toBe(seatId);
    // Whatever the crash left behind, this session or the next one finishes the change.
    await isChanged(before);
    await restartBoth();
    await link.tryNow();
    expect(link.state.kind).toBe('online');
    expect(await browserKeys()).toEqual({ key: companionKey(), next: undefined });
  });

  it('lets an answer that arrives late, over a socket that was replaced, change nothing', async () => {
    const { current } = await pairs.load();
    await link.hangUp();
    await clock.advance(REKEY_AFTER_MS);
    const known = {
      seatId: current?.seatId ?? '',
      key: new Uint8Array(Buffer.from(current?.key ?? '', 'base64url')),
      pinnedKey: current?.companionKey ?? '',
      fingerprint: '',
    };
    const slow = await companion.connect({ pair: known });
    const early = (await slow.expect('rekey.offer')).frame;
    const quick = await companion.connect({ pair: known });
    const late = (await quick.expect('rekey.offer')).frame;
    expect(late.id).not.toBe(early.id);
    // The answer to the first offer comes over the second socket, as if it had been on its way all the time.
    await quick.send({ t: 'rekey.ack', id: early.id });
    await quick.send({ t: 'ping' });
    await quick.expect('pong');
    expect(companionKey()).toBe(current?.key);
    await quick.send({ t: 'rekey.ack', id: late.id });
    await quick.expect('rekey.ack');
    expect(companionKey()).toBe(toBase64Url(await quick.deriveNextKey(late.id)));
  });

  it('keeps an offer of a session whose key was replaced meanwhile from counting', async () => {
    const { current } = await pairs.load();
    const seatId = current?.seatId ?? '';
    const { PairBook } = await import('../../../companion/link/pair-book.ts');
    const book = new PairBook({ store: disk.store, vault: disk.vault, clock });
    const old = new Uint8Array(Buffer.from(current?.key ?? '', 'base64url'));
    const next = crypto.getRandomValues(new Uint8Array(32));
    expect(await book.noteOffer(seatId, old, 'first')).toBe(true);
    expect(await book.noteOffer(seatId, old, 'second')).toBe(true);
    expect(await book.replaceKey(seatId, 'first', next)).toBe(false);
    expect(await book.replaceKey(seatId, 'second', next)).toBe(true);
    expect(await book.noteOffer(seatId, old, 'third')).toBe(false);
    expect(companionKey()).toBe(toBase64Url(next));
  });
});
