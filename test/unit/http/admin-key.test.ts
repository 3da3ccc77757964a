/** The admin key: where it may stand, and that guessing it is slow for whoever guesses, and for nobody else. */
import { describe, expect, it } from 'vitest';
import { AdminKeyCheck } from '../../../companion/http/admin-key.ts';
import { Secret } from '../../../shared/redact.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const key = 'ccpa_an-invented-admin-key';

function open(expected = key) {
  const clock = new FakeClock();
  const check = new AdminKeyCheck(new Secret(expected), () => clock.nowMs());
  return { clock, codeOf: (headers: Record<string, string>) => check.check(headers)?.code ?? 'in' };
}

describe('the admin key', () => {
  it.each<[string, string, Record<string, string>]>([
    ['in its own header', 'in', { 'x-admin-key': key }],
    ['as a Bearer', 'in', { authorization: `Bearer ${key}` }],
    [
      'in its own header before a Bearer that is a client key',
      'in',
      { 'x-admin-key': key, authorization: 'Bearer eyJ' },
    ],
    ['beside an empty header of its own', 'in', { 'x-admin-key': ' ', authorization: `Bearer ${key}` }],
    ['nowhere', 'ADMIN_KEY_MISSING', {}],
    [
      'where a client key stands',
      'ADMIN_KEY_MISSING',
      { 'x-api-key': key, 'x-companion-key': key, cookie: `k=${key}` },
    ],
    ['as Basic', 'ADMIN_KEY_MISSING', { authorization: `Basic ${btoa(`:${key}`)}` }],
    [
      'in a Bearer behind a wrong header of its own',
      'ADMIN_KEY_INVALID',
      { 'x-admin-key': 'x', authorization: `Bearer ${key}` },
    ],
    ['cut short', 'ADMIN_KEY_INVALID', { 'x-admin-key': key.slice(0, -1) }],
    ['with something after it', 'ADMIN_KEY_INVALID', { 'x-admin-key': `${key}x` }],
    ['in other letters', 'ADMIN_KEY_INVALID', { 'x-admin-key': key.toUpperCase() }],
    ['twice', 'ADMIN_KEY_INVALID', { 'x-admin-key': `${key}, ${key}` }],
  ])('%s: %s', (_where, code, headers) => {
    expect(open().codeOf(headers)).toBe(code);
  });

  it('is asked for again after a minute, once it was wrong thirty times; the right one at once', async () => {
    const { clock, codeOf } = open();
    const guess = () => codeOf({ 'x-admin-key': 'guessed' });
    expect(Array.from({ length: 32 }, guess)).toEqual([
      ...Array(30).fill('ADMIN_KEY_INVALID'),
      ...Array(2).fill('TOO_MANY_FAILED_KEYS'),
    ]);
    expect([codeOf({}), codeOf({ 'x-admin-key': key })]).toEqual(['TOO_MANY_FAILED_KEYS', 'in']);
    await clock.advance(60_001);
    expect(guess()).toBe('ADMIN_KEY_INVALID');
  });

  it('that is short enough to be found by trying opens nothing while somebody tries', async () => {
    const { clock, codeOf } = open('admin123');
    const right = { 'x-admin-key': 'admin123' };
    for (let asked = 0; asked < 100; asked += 1) codeOf({});
    expect(codeOf(right)).toBe('in');
    for (let guess = 0; guess < 31; guess += 1) codeOf({ 'x-admin-key': `admin${guess}` });
    expect(codeOf(right)).toBe('TOO_MANY_FAILED_KEYS');
    await clock.advance(60_001);
    expect(codeOf(right)).toBe('in');
  });
});
