import { describe, expect, it } from 'vitest';
import { memoryLogger } from '../../../companion/base/log.ts';
import { newsKinds } from '../../../companion/config/news-kinds.ts';
import type { NewsKind } from '../../../companion/config/news-kinds.ts';
import type { News } from '../../../companion/notify/news.ts';
import { Notifier } from '../../../companion/notify/notifier.ts';
import type { DeliveryFailure } from '../../../companion/notify/webhook.ts';

interface DeskFacts {
  readonly events?: readonly NewsKind[];
  readonly desktop?: boolean;
  readonly online?: number;
  readonly tried?: DeliveryFailure | null;
}

function openDesk({ events = newsKinds, desktop = true, online = 1, tried }: DeskFacts = {}) {
  const { logger, lines } = memoryLogger();
  const clock = { nowMs: 1_767_000_000_000 };
  const sent: string[] = [];
  const shown: { readonly id: string; readonly title: string }[] = [];
  const notifier = new Notifier({
    webhook: { send: ({ kind }) => void sent.push(kind), try: async () => tried, close: async () => undefined },
    settings: () => ({ desktop, events }),
    browsers: { show: (notice) => (shown.push(notice), online) },
    logger,
    nowMs: () => clock.nowMs,
  });
  return { notifier, sent, shown, lines, clock };
}

const newsOf = (kind: News['kind'], credential = 'a'): News => ({
  kind,
  title: `title of ${kind}`,
  text: 'text',
  provider: 'openai',
  credential,
});

describe('news', () => {
  it('CPP-16, CPP-20: go to the log, the webhook and the browsers', () => {
    const desk = openDesk();
    for (const kind of newsKinds) desk.notifier.tell(newsOf(kind));
    expect(desk.sent).toEqual(newsKinds);
    expect(desk.shown.map(({ title }) => title)).toEqual(newsKinds.map((kind) => `title of ${kind}`));
    expect(desk.lines.map(({ event, level }) => [event, level])).toEqual(
      newsKinds.map((kind) => [kind, kind === 'quota-reset' || kind === 'quota-rotated' ? 'info' : 'warn']),
    );
  });

  it('are logged always, and sent and shown only as far as the settings say', () => {
    const desk = openDesk({ events: ['quota-low'], desktop: false });
    desk.notifier.tell(newsOf('quota-exhausted'));
    desk.notifier.tell(newsOf('quota-low'));
    expect([desk.lines.length, desk.sent, desk.shown]).toEqual([2, ['quota-low'], []]);
  });

  it('of a trouble that comes and goes are told once in a while', () => {
    const desk = openDesk();
    for (let minute = 0; minute < 20; minute += 1) {
      desk.notifier.tell(newsOf('login-refresh-failed'));
      desk.clock.nowMs += 60_000;
    }
    desk.notifier.tell(newsOf('login-refresh-failed', 'b'));
    expect([desk.sent.length, desk.lines.length]).toEqual([3, 3]);
  });

  it('take the place of the same news in the browser, and of no other', () => {
    const desk = openDesk();
    for (const credential of ['a', 'a', 'b']) desk.notifier.tell(newsOf('quota-low', credential));
    const [first, again, other] = desk.shown.map(({ id }) => id);
    expect([again === first, other === first]).toEqual([true, false]);
  });
});

describe('a test', () => {
  it.each([
    [{ tried: null, online: 2 }, ['sent', 'sent', 'sent']],
    [{ tried: { reason: 'it answered with status 500', mayPass: true }, online: 0 }, ['sent', 'failed', 'nobody']],
    [{ desktop: false }, ['sent', 'off', 'off']],
  ])('with %j says what became of each way: %j', async (facts, outcomes) => {
    const reports = await openDesk(facts).notifier.test();
    expect(reports.map(({ sink }) => sink)).toEqual(['log', 'webhook', 'desktop']);
    expect(reports.map(({ outcome }) => outcome)).toEqual(outcomes);
    for (const { detail } of reports) expect(detail.length).toBeGreaterThan(5);
  });
});
