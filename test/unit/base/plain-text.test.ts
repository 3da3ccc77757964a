import { expect, it } from 'vitest';
import { humanLine } from '../../../companion/base/log-line.ts';
import { escapeControls } from '../../../companion/base/plain-text.ts';

it('escapes what steers a terminal, and the value stays the same', () => {
  const value = { name: 'a\u009b31m\u202eb\u2028\u007f\u{e0001}é😀' };
  const json = escapeControls(JSON.stringify(value));
  expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  expect(json).toContain('é😀');
  expect(JSON.parse(json)).toEqual(value);
});

it('lets no message of the log begin a line of its own, or an escape', () => {
  const line = JSON.stringify({ level: 'info', time: '2026-01-01T12:00:00Z', msg: 'a\n\u001b[2Jb', who: '\u009bm' });
  const [text, ...rest] = humanLine(line).split('\n');
  expect(rest).toEqual(['']);
  expect(text).not.toMatch(/\p{Cc}/u);
});
