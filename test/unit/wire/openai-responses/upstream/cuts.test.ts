/** Streams of the backend cut anywhere. */
import { array, assert, asyncProperty, nat } from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findViolation } from '../../../../../companion/wire/hub/grammar.ts';
import { bytewise, cutAt } from '../../bytes.ts';
import { read, thinkingAsked } from './support.ts';

const fixtures = ['codex-text', 'codex-tools', 'codex-reasoning', 'codex-failed', 'codex-truncated'];

function load(name: string): Uint8Array {
  return readFileSync(new URL(`../../../../wire/fixtures/${name}.sse`, import.meta.url));
}

const crlf = (bytes: Uint8Array): Uint8Array => {
  const text = new TextDecoder().decode(bytes).replaceAll('\n', '\r\n').replaceAll('data: ', 'data:');
  return new TextEncoder().encode(text);
};

it.each(fixtures)('gives the same for %s, whole, byte by byte and at random cuts', async (name) => {
  const bytes = load(name);
  const whole = await read([bytes], thinkingAsked);
  expect(findViolation(whole)).toBeUndefined();
  const golden = new URL(`../../../../wire/golden/${name}.json`, import.meta.url);
  await expect(`${JSON.stringify(whole, null, 1)}\n`).toMatchFileSnapshot(golden.pathname);
  expect(await read(bytewise(bytes), thinkingAsked)).toEqual(whole);
  expect(await read(bytewise(crlf(bytes)), thinkingAsked)).toEqual(whole);
  await assert(
    asyncProperty(array(nat(bytes.length), { maxLength: 12 }), async (at) => {
      expect(await read(cutAt(bytes, ...at), thinkingAsked)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});
