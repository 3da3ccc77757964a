import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const css = readFileSync(path.join(import.meta.dirname, '../../../extension/ui/tokens.css'), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }] as const,
  ),
);

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string, theme: 'light' | 'dark'): number {
  const pair = [one, other].map((name) => {
    const token = tokens.get(name);
    if (token === undefined) throw new Error(`no colour ${name}`);
    return luminance(token[theme]);
  });
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
}

const grounds = ['ground', 'sunken'];
const textPairs = [
  ...['ink', 'ink-soft', 'accent', 'accent-strong', 'bad'].flatMap((ink) => grounds.map((ground) => [ink, ground])),
  ...['warn-ground', 'bad-ground', 'accent-ground'].map((ground) => ['ink', ground]),
  ...['warn-ground', 'bad-ground', 'accent-ground'].map((ground) => ['ink-soft', ground]),
  ['bad', 'bad-ground'],
  ['accent', 'accent-ground'],
  ['accent', 'bad-ground'],
  ['accent-ink', 'accent'],
  ['accent-ink', 'accent-strong'],
  ['ink-soft', 'track'],
] as [string, string][];

const shapePairs = [
  ...['accent', 'bar-high', 'bar-full'].map((bar) => [bar, 'track']),
  ...['ok', 'warn', 'bad', 'edge', 'accent'].flatMap((shape) => grounds.map((ground) => [shape, ground])),
] as [string, string][];

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  test.each(textPairs)('text in %s on %s can be read', (ink, ground) => {
    expect(contrast(ink, ground, theme)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(shapePairs)('a shape in %s on %s can be told from it', (shape, ground) => {
    expect(contrast(shape, ground, theme)).toBeGreaterThanOrEqual(3);
  });
});

test('no style sheet brings colours of its own', () => {
  const folder = path.join(import.meta.dirname, '../../../extension');
  const sheets = globSync('**/*.css', { cwd: folder }).filter((sheet) => path.basename(sheet) !== 'tokens.css');
  const isColoured = (sheet: string) =>
    /#[0-9a-f]{3,8}\b|rgb\(|hsl\(/i.test(readFileSync(path.join(folder, sheet), 'utf8'));
  expect(sheets.length).toBeGreaterThan(3);
  expect(sheets.filter(isColoured)).toEqual([]);
});
