import { describe, expect, it } from 'vitest';
import { called } from '../../../companion/base/called.ts';

const things = [
  { id: 'ab12', name: 'work' },
  { id: 'ab34', name: 'home' },
  { id: 'work-9', name: 'ab' },
];
const meant = (wanted: string) => called(wanted, things, ({ id, name }) => [id, name]).map(({ id }) => id);

describe('what a person calls by a name', () => {
  it('is what has exactly that id or name, whatever else begins so', () => {
    expect(meant('ab12')).toEqual(['ab12']);
    expect(meant('work')).toEqual(['ab12']);
    expect(meant('ab')).toEqual(['work-9']);
  });

  it('is else what has an id that begins so, and no name', () => {
    expect(meant('ab1')).toEqual(['ab12']);
    expect(meant('hom')).toEqual([]);
  });

  it('may be several', () => {
    expect(meant('a')).toEqual(['ab12', 'ab34']);
  });

  it('is nothing for nothing', () => {
    expect(meant('')).toEqual([]);
  });
});
