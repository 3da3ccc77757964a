import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { showWaiting } from '../../../companion/cli/waiting-line.ts';
import type { WaitingOutput } from '../../../companion/cli/waiting-line.ts';

function output(isTTY: boolean) {
  const written: string[] = [];
  return {
    written,
    stream: { isTTY, columns: 40, write: (text: string) => written.push(text) } as unknown as WaitingOutput,
  };
}

describe('waiting', () => {
  it('is one plain line where nothing can move', async () => {
    const { written, stream } = output(false);
    const stop = showWaiting(() => 'Waiting, 10 min left', stream);
    await sleep(150);
    stop();
    expect(written).toEqual(['Waiting, 10 min left\n']);
  });

  it('moves on a terminal, never wraps, and leaves no trace', async () => {
    vi.stubEnv('LANG', 'C.UTF-8');
    const { written, stream } = output(true);
    let left = 10;
    const stop = showWaiting(() => `${(left -= 1)} ${'x'.repeat(60)}`, stream);
    await vi.waitFor(() => expect(written.length).toBeGreaterThan(2));
    stop();
    vi.unstubAllEnvs();
    const shown = written.slice(0, -1);
    expect(shown[0]).toBe(`\r\u001B[2K⠋ 9 ${'x'.repeat(34)}…`);
    expect(shown[1]).toMatch(/⠙ 8 x/);
    for (const line of shown) expect(line.replace('\r\u001B[2K', '').length).toBeLessThan(40);
    expect(written.at(-1)).toBe('\r\u001B[2K');
  });
});
