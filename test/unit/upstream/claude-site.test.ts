import { describe, expect, test } from 'vitest';
import { ClaudeSite } from '../../../companion/upstream/claude-site.ts';
import type { Transport, TransportReply } from '../../../companion/upstream/transport.ts';

const organisations = [{ uuid: 'org-1', name: 'Home', capabilities: ['chat', 'claude_pro'] }];

/** A site that answers each path with a status and JSON, and remembers what it was asked. */
function siteThatAnswers(answers: Readonly<Record<string, readonly [number, unknown]>>) {
  const asked: string[] = [];
  const transport: Transport = {
    kind: 'direct',
    send: ({ path }) => {
      asked.push(path);
      const [status, body] = answers[path] ?? [
        404,
        { type: 'error', error: { type: 'not_found_error', message: 'Not found' } },
      ];
      return Promise.resolve(replyOf(status, JSON.stringify(body)));
    },
  };
  return { asked, site: new ClaudeSite(transport, () => 0) };
}

function replyOf(status: number, text: string): TransportReply {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      yield new TextEncoder().encode(text);
    })(),
  };
}

const identify = (site: ClaudeSite) => site.identify([], AbortSignal.timeout(5_000));

describe('identify', () => {
  test.each([
    ['is gone', [404, { type: 'error', error: { type: 'not_found_error', message: 'Not found' } }]],
    ['has another form', [200, { user: {} }]],
  ] as const)('finds the organisation when the start-up document %s', async (_case, bootstrap) => {
    const { site } = siteThatAnswers({ '/api/bootstrap': bootstrap, '/api/organizations': [200, organisations] });
    expect(await identify(site)).toMatchObject({
      accountId: null,
      email: null,
      organisationId: 'org-1',
      plan: 'Pro',
      models: [],
    });
  });

  test('takes an account of nobody for an ended session, whatever else the site would say', async () => {
    const { site, asked } = siteThatAnswers({
      '/api/bootstrap': [200, { account: null }],
      '/api/organizations': [200, organisations],
    });
    await expect(identify(site)).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
    expect(asked).toEqual(['/api/bootstrap']);
  });

  test('asks for nothing more when the start-up document tells all', async () => {
    const organization = { ...organisations[0], claude_ai_bootstrap_models_config: [{ model: 'claude-a', name: 'A' }] };
    const account = { uuid: 'a', email_address: 'ada@example.org', memberships: [{ organization }] };
    const { site, asked } = siteThatAnswers({ '/api/bootstrap': [200, { account }] });
    expect(await identify(site)).toMatchObject({ accountId: 'a', models: [{ id: 'claude-a', name: 'A' }] });
    expect(asked).toEqual(['/api/bootstrap']);
  });
});
