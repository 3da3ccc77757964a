import { describe, expect, it } from 'vitest';
import { clip, describeTerminal, drawBar, printable } from '../../../companion/cli/terminal.ts';

const blocks = { columns: 80, hasUnicode: true };
const plain = { columns: 80, hasUnicode: false };

describe('the terminal', () => {
  it.each([
    [{ LANG: 'C.UTF-8' }, true],
    [{ LANG: 'de_DE.utf8' }, true],
    [{ LANG: 'C.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'C.UTF-8', LC_ALL: '' }, true],
    [{}, false],
    [{ WT_SESSION: '1' }, true],
  ])('of %j shows blocks: %s', (environment, expected) => {
    expect(describeTerminal({ isTTY: true, columns: 120 }, environment)).toEqual({
      columns: 120,
      hasUnicode: expected,
    });
  });

  it('that is none gets plain characters and 80 columns', () => {
    expect(describeTerminal({}, { LANG: 'C.UTF-8' })).toEqual(plain);
    expect(describeTerminal({}, { COLUMNS: '132' }).columns).toBe(132);
  });

  it('is never taken for narrower than a phone', () => {
    expect(describeTerminal({ isTTY: true, columns: 7 }, {}).columns).toBe(40);
  });
});

describe('a bar', () => {
  it.each([
    [1, '██████████'],
    [0.55, '█████▌'],
    [0.0001, '▏'],
    [0, ''],
    [7, '██████████'],
  ])('of %d', (fraction, expected) => {
    expect(drawBar(fraction, 10, blocks)).toBe(expected);
  });

  it('is drawn with plain characters where nothing else can be shown', () => {
    expect([1, 0.54, 0.0001, 0].map((fraction) => drawBar(fraction, 10, plain))).toEqual([
      '##########',
      '#####',
      '#',
      '',
    ]);
  });
});

it('long names are cut to their width', () => {
  expect([clip('abcdef', 6, blocks), clip('abcdefg', 6, blocks), clip('abcdefg', 6, plain)]).toEqual([
    'abcdef',
    'abcde…',
    'abcd..',
  ]);
});

it('names cannot steer the terminal', () => {
  expect(printable('a\u001b[31mb\nc\u202Ed\u009b')).toBe('a?[31mb?c?d?');
});
