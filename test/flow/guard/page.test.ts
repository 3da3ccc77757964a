/** The few pages of the companion: no secret in them, nothing that could run but our own file. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDoor } from './door.ts';
import type { Door } from './door.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const pages = ['/', '/pair'] as const;
const files = ['/pair.js', '/copy.js', '/page.css'] as const;

describe.each([...pages, ...files])('%s', (path) => {
  test('is served to anybody on this computer, without a key and without a trace', async () => {
    const response = await fetch(`${door.url}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  test('holds no secret, even while a pairing is open', async () => {
    const { token } = await door.app.service.issuePairing();
    const text = await (await fetch(`${door.url}${path}`)).text();
    expect(text).not.toContain(token);
    expect(text).not.toContain(door.key);
    expect(text).not.toContain(door.home);
    expect(text).not.toMatch(/ccp1_\d|ccpk_/);
  });
});

describe.each(pages)('the page %s', (path) => {
  test('lets nothing run, load or frame but its own script and style', async () => {
    const policy = (await fetch(`${door.url}${path}`)).headers.get('content-security-policy')?.split('; ');
    expect(policy?.toSorted()).toEqual([
      "base-uri 'none'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "script-src 'self'",
      "style-src 'self'",
    ]);
  });

  test('has no script, style or handler of its own that the policy would have to allow', async () => {
    const text = await (await fetch(`${door.url}${path}`)).text();
    expect(text).not.toMatch(/<script(?! src="\/(pair|copy)\.js")|<style|\son\w+=|style=|javascript:/i);
    expect(text.replaceAll(door.url, '')).not.toMatch(/https?:/);
  });
});

test('GO-13: says where each client finds the companion, in the names that they read', async () => {
  const text = await (await fetch(door.url)).text();
  for (const name of ['Claude Code', 'Codex', 'Anthropic SDKs', 'OpenAI SDKs', 'curl']) expect(text).toContain(name);
  expect(text).toContain(`"ANTHROPIC_BASE_URL": "${door.url}"`);
  expect(text).toContain(`OPENAI_BASE_URL=${door.url}/v1`);
  expect(text).not.toMatch(/CLAUDE_API_BASE_URL|OPENAI_API_BASE\b|apiBaseUrl/);
  expect(text).toMatch(/Running for less than a minute, version \d+\.\d+\.\d+/);
});

test('what stands in the address of a page is never part of it', async () => {
  const hostile = encodeURIComponent('"><script>alert(1)</script>');
  for (const path of [`/?${hostile}`, `/pair?${hostile}`, `/pair?token=${hostile}`]) {
    expect(await (await fetch(`${door.url}${path}`)).text()).not.toContain('alert');
  }
  const missing = await fetch(`${door.url}/${hostile}`);
  expect(missing.headers.get('content-type')).toMatch(/^application\/json/);
});

test('the script treats the fragment as text, and only a token is shown at all', async () => {
  const script = await (await fetch(`${door.url}/pair.js`)).text();
  expect(script).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|Function\(|location\s*=|\.href|fetch\(/,
  );
});
