import { afterAll, beforeAll, expect, it } from 'vitest';
import { guestsFor } from '../../../support/claude-site/guests.ts';
import { startClaudeSite } from '../../../support/claude-site/site.ts';
import type { ClaudeSite } from '../../../support/claude-site/site.ts';
import { claudeClientId, startAnthropicAuth } from '../../../support/providers/oauth/anthropic-auth.ts';
import type { AnthropicAuth } from '../../../support/providers/oauth/anthropic-auth.ts';
import { clickConsent } from '../../../support/providers/oauth/person.ts';
import { authorizeUrl, createProgram, exchangeBody, post } from '../providers/oauth/program.ts';
import { visit } from './visitor.ts';

let anthropic: AnthropicAuth;
let site: ClaudeSite;

beforeAll(async () => {
  anthropic = await startAnthropicAuth();
  site = await startClaudeSite({ guests: guestsFor({ anthropic }) });
});
afterAll(() => Promise.all([site.close(), anthropic.close()]));

it('has the consent page of its guest under its own address', async () => {
  const redirectUri = 'http://localhost:4321/callback';
  const program = createProgram({ clientId: claudeClientId, redirectUri, scope: 'user:inference' });
  const { redirect, page } = await clickConsent(authorizeUrl(`${site.url}/oauth/authorize`, program));
  expect(page).toContain('mary@example.com');
  const code = redirect.searchParams.get('code') ?? '';
  expect((await post(anthropic.tokenUrl, exchangeBody(program, code))).status).toBe(200);
  expect(site.requests.map(({ route, status }) => [route, status])).toEqual([
    ['guest', 200],
    ['guest', 303],
  ]);
  expect(site.violations).toEqual([]);
});

it('keeps the rest for itself', async () => {
  const { statusCode, body } = await visit(site, '/robots.txt');
  expect([statusCode, await body.text()]).toEqual([200, expect.stringContaining('Disallow')]);
});
