import { describe, expect, test } from 'vitest';
import { ActivityBoard } from '../../../companion/exchange/activity.ts';

function openBoard() {
  const changes: number[] = [];
  const board = new ActivityBoard({ onChange: () => changes.push(board.list().length), nowMs: () => 1_000 });
  return { board, changes };
}

test('shows what runs, and how it travels once that is known', () => {
  const { board, changes } = openBoard();
  const exchange = board.begin('exc_1', 'Claude Code', 'claude-a', new AbortController());
  expect(board.list()).toEqual([
    {
      exchangeId: 'exc_1',
      client: 'Claude Code',
      model: 'claude-a',
      transport: 'direct',
      seatId: null,
      startedAtMs: 1_000,
    },
  ]);
  exchange.describe({ transport: 'browser', seatId: 'seat-1' });
  expect(board.list()).toMatchObject([{ transport: 'browser', seatId: 'seat-1' }]);
  exchange.end();
  exchange.end();
  expect(board.list()).toEqual([]);
  expect(changes).toEqual([1, 0]);
});

test('stops one exchange, and only while it runs', () => {
  const { board } = openBoard();
  const one = board.begin('exc_1', 'c', 'm', new AbortController());
  const other = board.begin('exc_2', 'c', 'm', new AbortController());
  expect([board.stop('exc_1'), board.stop('exc_3')]).toEqual([true, false]);
  expect(one.signal.reason).toMatchObject({ code: 'STOPPED_BY_USER' });
  expect(other.signal.aborted).toBe(false);
  one.end();
  expect(board.stop('exc_1')).toBe(false);
});

test('passes on that the client is gone', () => {
  const client = new AbortController();
  const exchange = openBoard().board.begin('exc_1', 'c', 'm', client);
  client.abort('gone');
  expect(exchange.signal.reason).toBe('gone');
});

describe('draining', () => {
  test('waits for what runs, and lets nothing new begin', async () => {
    const { board } = openBoard();
    const exchange = board.begin('exc_1', 'c', 'm', new AbortController());
    const drained = board.drain(5_000);
    expect(() => board.begin('exc_2', 'c', 'm', new AbortController())).toThrow(
      expect.objectContaining({ code: 'SHUTTING_DOWN' }),
    );
    setTimeout(() => exchange.end(), 30);
    await drained;
    expect(exchange.signal.aborted).toBe(false);
  });

  test('ends what takes too long, and waits until it has ended', async () => {
    const { board } = openBoard();
    const exchange = board.begin('exc_1', 'c', 'm', new AbortController());
    let hasEnded = false;
    exchange.signal.addEventListener('abort', () =>
      setTimeout(() => {
        hasEnded = true;
        exchange.end();
      }, 30),
    );
    await board.drain(20);
    expect(exchange.signal.reason).toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(hasEnded).toBe(true);
  });

  test('does not wait forever for what never ends, and takes no time when nothing runs', async () => {
    const { board } = openBoard();
    await board.drain(60_000);
    const stuck = openBoard().board;
    stuck.begin('exc_1', 'c', 'm', new AbortController());
    const beganMs = Date.now();
    await stuck.drain(0);
    expect(Date.now() - beganMs).toBeLessThan(3_000);
  });
});
