/** Whom the proxy is not asked for. */
import { expect, test } from 'vitest';
import { isReachedDirectly } from '../../../companion/upstream/no-proxy.ts';

function isDirect(url: string, ...entries: readonly string[]): boolean {
  return isReachedDirectly(new URL(url), entries);
}

test.each([
  'https://localhost/',
  'https://127.0.0.1:8443/',
  'https://127.8.8.8/',
  'https://[::1]/',
  'https://x.localhost/',
])('%s is this computer', (url) => expect(isDirect(url)).toBe(true));

test.each(['https://localhost.example/', 'https://128.0.0.1/', 'https://api.openai.com/', 'https://[2001:db8::1]/'])(
  '%s is not',
  (url) => expect(isDirect(url)).toBe(false),
);

test.each([
  ['https://api.example.com/', 'example.com', true],
  ['https://api.example.com/', '.example.com', true],
  ['https://api.example.com/', '*.example.com', true],
  ['https://example.com/', 'example.com', true],
  ['https://example.com/', '.example.com', true],
  ['https://example.com/', '*.example.com', false],
  ['https://example.com./', 'example.com', true],
  ['https://badexample.com/', 'example.com', false],
  ['https://example.com.evil.test/', 'example.com', false],
  ['https://api.example.com:8443/', 'example.com:8443', true],
  ['https://api.example.com/', 'example.com:443', true],
  ['https://api.example.com/', 'example.com:8443', false],
  ['https://api.example.com/', '*', true],
  ['https://api.example.com/', '*:8443', false],
  ['https://10.1.2.3/', '10.0.0.0/8', true],
  ['https://11.1.2.3/', '10.0.0.0/8', false],
  ['https://10.1.2.3/', '10.1.2.3', true],
  ['https://10.1.2.3/', '2.3', false],
  ['https://[fd00::7]/', 'fd00::/8', true],
  ['https://[fd00::7]/', 'fd00::7', true],
  ['https://[fd00::7]:8443/', '[fd00::7]:8443', true],
  ['https://[fd00::7]/', '[fd00::7]:8443', false],
  ['https://api.example.com/', '10.0.0.0/8', false],
  ['https://api.example.com/', '', false],
] as const)('%s and %s: %s', (url, entry, expected) => {
  expect(isDirect(url, entry)).toBe(expected);
});
