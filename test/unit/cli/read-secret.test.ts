/** A secret is typed without being shown, or piped in; giving up changes nothing. */
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { readSecret } from '../../../companion/cli/read-secret.ts';

/** A terminal that notes whether it shows what is typed. */
function openTerminal() {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true as const,
    setRawMode: (isRaw: boolean) => void modes.push(isRaw),
  });
  const shown = new PassThrough();
  const modeAtQuestion: (boolean | undefined)[] = [];
  shown.once('data', () => modeAtQuestion.push(modes.at(-1)));
  const asked = readSecret('Key: ', input as never, shown);
  return { input, modes, modeAtQuestion, asked, shown: () => String(shown.read() ?? '') };
}

async function type(...chunks: readonly string[]): Promise<string> {
  const terminal = openTerminal();
  for (const chunk of chunks) {
    terminal.input.write(chunk);
    await setImmediate();
  }
  return (await terminal.asked).reveal();
}

describe('on a terminal', () => {
  test.each([
    [['abc\r'], 'abc'],
    [['a', 'b', 'c', '\n'], 'abc'],
    [['abX\u007fc\r'], 'abc'],
    [['\u007fa\r'], 'a'],
    [['wrong\u0015right\r'], 'right'],
    [['\u001b[200~pasted', ' text\u001b[201~', '\r'], 'pasted text'],
    [['ab', '\u001b[D', 'c\r'], 'abc'],
    [['abc\u0004'], 'abc'],
    [['abc\rrest'], 'abc'],
    [['\r'], ''],
  ])('%j is %j', async (chunks, expected) => {
    expect(await type(...chunks)).toBe(expected);
  });

  test('nothing of it is shown, and the terminal is as before', async () => {
    const terminal = openTerminal();
    terminal.input.write('canary\r');
    await terminal.asked;
    expect(terminal.modes).toEqual([true, false]);
    expect(terminal.modeAtQuestion).toEqual([true]);
    expect(terminal.shown()).not.toContain('canary');
  });

  test.each(['\u0003', 'abc\u0003', '\u0004', '\u001b'])(
    '%j gives up, and leaves the terminal as before',
    async (keys) => {
      const terminal = openTerminal();
      terminal.input.write(keys);
      await expect(terminal.asked).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      expect(terminal.modes).toEqual([true, false]);
    },
  );

  test('that goes away counts as giving up', async () => {
    const terminal = openTerminal();
    terminal.input.end();
    await expect(terminal.asked).rejects.toThrow('nothing was changed');
  });
});

describe('piped in', () => {
  const pipe = (...chunks: readonly string[]) => {
    const input = new PassThrough();
    for (const chunk of chunks) input.write(chunk);
    input.end();
    return readSecret('Key: ', input, new PassThrough());
  };

  test('it is taken whole, and no question is asked', async () => {
    expect((await pipe('sk-', 'abc\n')).reveal()).toBe('sk-abc\n');
  });

  test.each([[[]], [['\n \n']]])('nothing is refused: %j', async (chunks) => {
    await expect(pipe(...chunks)).rejects.toThrow('Nothing came in.');
  });

  test('endless input is not waited for', async () => {
    const input = new PassThrough();
    const asked = readSecret('Key: ', input, new PassThrough());
    const timer = setInterval(() => input.write('x'.repeat(50_000)), 1);
    expect((await asked).reveal().length).toBeLessThan(1_000_000);
    clearInterval(timer);
  });
});
