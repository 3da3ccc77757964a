/** Who serves a model that one provider makes and another sells on. */
import { describe, expect, test } from 'vitest';
import { builtInProviders, copilotProvider } from '../../../shared/api-provider.ts';
import type { OAuthLogin } from '../../../shared/credential.ts';
import { choose } from '../../../companion/router/choose.ts';
import { withDottedVersion } from '../../../companion/router/model-map.ts';
import type { RouteFacts, RouteRequest } from '../../../companion/router/plan.ts';
import { idsOf, key, routeFacts, routeRequest, session } from './facts.ts';

const login: OAuthLogin = {
  kind: 'oauth-login',
  id: 'copilot-1a2b3c4d',
  providerId: 'copilot',
  name: 'octo-ada',
  origin: 'companion',
  // Before every key, as logins are.
  priority: 1,
};

const resold = new Set(['gpt-4.1', 'claude-sonnet-4.5', 'claude-sonnet-4']);

function plan(request: Partial<RouteRequest>, facts: Partial<RouteFacts> = {}) {
  return choose(
    routeRequest({ dialect: 'openai-chat', ...request }),
    routeFacts({
      providers: [...builtInProviders, copilotProvider],
      keys: [login],
      modelsOf: (id) => (id === login.id ? resold : undefined),
      ...facts,
    }),
  );
}

describe('a model that is sold on', () => {
  test('goes to its maker first, whose list need not be known, and on to the reseller then', () => {
    const keys = [login, key('openai-a'), key('anthropic-a')];
    expect(idsOf(plan({ model: 'gpt-4.1' }, { keys }))).toEqual(['openai-a', login.id]);
    expect(idsOf(plan({ model: 'claude-sonnet-4', dialect: 'anthropic' }, { keys }))).toEqual([
      'anthropic-a',
      login.id,
    ]);
  });

  test('goes to the reseller where its maker has no key here', () => {
    expect(idsOf(plan({ model: 'gpt-4.1' }, { keys: [login, key('anthropic-a')] }))).toEqual([login.id]);
  });

  test('goes to the reseller when it is asked for by the name of that one', () => {
    const keys = [login, key('openai-a')];
    const { candidates } = plan({ model: 'copilot/gpt-4.1' }, { keys });
    expect(candidates).toMatchObject([{ key: { id: login.id }, model: 'gpt-4.1' }]);
  });

  test.each(['claude-sonnet-4-5', 'claude-sonnet-4-5-20250929', 'claude-sonnet-4.5'])(
    'is found under the name %s of its maker',
    (model) => {
      expect(plan({ model, dialect: 'anthropic' }).candidates).toMatchObject([{ model: 'claude-sonnet-4.5' }]);
    },
  );

  test('goes to a session of claude.ai before the reseller', () => {
    const sessions = [session('s-1', { models: [{ id: 'claude-sonnet-4-20250514', name: 'Sonnet 4' }] })];
    expect(idsOf(plan({ model: 'claude-sonnet-4', dialect: 'anthropic' }, { sessions }))).toEqual(['s-1', login.id]);
  });

  test('makes the list of the reseller worth asking for when the name tells nothing', () => {
    const unknown = plan({ model: 'claude-sonnet-4-5', dialect: 'anthropic' }, { modelsOf: () => undefined });
    expect(unknown).toMatchObject({ isGuess: true, candidates: [{ key: { id: login.id } }] });
  });
});

test.each([
  ['claude-sonnet-4-5', 'claude-sonnet-4.5'],
  ['claude-sonnet-4-5-20250929', 'claude-sonnet-4.5'],
  ['claude-3-7-sonnet-20250219', 'claude-3.7-sonnet'],
  ['claude-sonnet-4', 'claude-sonnet-4'],
  ['gpt-5-mini', 'gpt-5-mini'],
  ['gpt-4o-2024-08-06', 'gpt-4o-2024-08-06'],
])('%s is %s with a dotted version', (name, dotted) => {
  expect(withDottedVersion(name)).toBe(dotted);
});
