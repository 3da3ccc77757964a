import { describe, expect, it } from 'vitest';
import { checkNamesOneModel } from '../../../companion/exchange/one-model.ts';

const check = (text: string) => () => checkNamesOneModel(Buffer.from(text));

describe('a body that has to mean one model', () => {
  it.each([
    '{"model":"a","messages":[{"model":"b"}]}',
    '{"messages":[],"model":"a"}',
    '{"models_note":1,"model":"a"}',
    // It names none, which is the router's to refuse.
    '{"messages":[]}',
    '[]',
    'not JSON',
  ])('is let through: %s', (text) => {
    expect(check(text)).not.toThrow();
  });

  it.each([
    '{"model":"a","model":"b"}',
    '{"model":"a","x":1,"mod\\u0065l":"b"}',
    '{"model":"a","\\u0000":1,"model":"b"}',
    '{"model":"a","Model":"b"}',
    '{"MODEL":"b","model":"a"}',
    '{"model":"a","models":["a","b"]}',
    '{"model":"a","Models":[]}',
    '{"model":"a","model":"a"',
    '{"model":"a",}',
  ])('is refused: %s', (text) => {
    expect(check(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  it('has nothing to say of what streams or is not there', () => {
    expect(() => checkNamesOneModel(null)).not.toThrow();
  });
});
