import { describe, expect, it } from 'vitest';
import { closeCode } from '../../../shared/link/protocol.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { CHROME_ORIGIN, FIREFOX_ORIGIN, LinkClosed } from '../../support/link-client.ts';
import { eventually, startLink } from './harness.ts';

describe('a farewell', () => {
  it('ends the pair of a browser that was unpaired while we were away, and is confirmed', async () => {
    const companion = await startLink();
    const browser = await companion.pair();
    await browser.close();
    const leaving = await companion.connect({ pair: browser.pair, isFarewell: true });
    expect(companion.link.isOnline(browser.pair.seatId)).toBe(false);
    await leaving.send({ t: 'unpair' });
    await leaving.expect('unpair');
    expect(await leaving.closed).toBe(closeCode.unpaired);
    expect(companion.link.seats()).toEqual([]);
    expect(companion.events).toContain(`unpaired ${browser.pair.seatId}`);
    expect([...companion.disk.secrets.keys()].filter((name) => name.startsWith('seat/'))).toEqual([]);
  });

  it('may say nothing else', async () => {
    const companion = await startLink();
    const browser = await companion.pair();
    await browser.close();
    const leaving = await companion.connect({ pair: browser.pair, isFarewell: true });
    await leaving.send({ t: 'client-settings.get' });
    expect(await leaving.closed).toBe(closeCode.badFrame);
    expect(leaving.received.map(({ frame }) => frame.t)).toEqual(['ready']);
    expect(companion.link.seats()).toHaveLength(1);
  });

  it('that is not said within five seconds ends without a change', async () => {
    const clock = new FakeClock();
    const companion = await startLink({ clock });
    const browser = await companion.pair();
    const leaving = await companion.connect({ pair: browser.pair, isFarewell: true });
    await clock.advance(5_000);
    expect(await leaving.closed).toBe(closeCode.handshakeTimeout);
    expect(companion.link.seats()).toHaveLength(1);
  });

  it('is refused from another origin, and after the pair is gone, alike', async () => {
    const companion = await startLink();
    const { pair, ...browser } = await companion.pair({ origin: CHROME_ORIGIN });
    browser.socket.terminate();
    const refused = { code: closeCode.authentication };
    await expect(companion.connect({ pair, isFarewell: true, origin: FIREFOX_ORIGIN })).rejects.toMatchObject(refused);
    await companion.link.unpair(pair.seatId);
    const again = companion.connect({ pair, isFarewell: true });
    await expect(again).rejects.toBeInstanceOf(LinkClosed);
    await expect(again).rejects.toMatchObject(refused);
  });

  it('ends a connection of the same pair that is still open elsewhere', async () => {
    const companion = await startLink();
    const browser = await companion.pair();
    const leaving = await companion.connect({ pair: browser.pair, isFarewell: true });
    await leaving.send({ t: 'unpair' });
    await browser.expect('unpair');
    await eventually(() => companion.link.seats().length === 0, 'the seat is gone');
  });
});
