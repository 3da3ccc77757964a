/** A client key that names models: what counts is the model that would be asked, whatever it was called. */
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { allowsModel } from '../../../companion/client/model-list.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { choose } from '../../../companion/router/choose.ts';
import type { RouteFacts, RouteRequest } from '../../../companion/router/plan.ts';
import { asked, key, lists, ownProvider, refusalOf, routeFacts, routeRequest, session } from './facts.ts';

const keys = [key('anthropic-a'), key('openai-a')];

function refused(request: Partial<RouteRequest>, facts: Partial<RouteFacts> = {}): string {
  const error = refusalOf(request, { keys, ...facts });
  return `${error.code}: ${error.message}`;
}

describe('a list of models', () => {
  it('is names, and beginnings of names', () => {
    const list = ['gpt-5', 'claude-*'];
    expect(['gpt-5', 'claude-', 'claude-sonnet-4-5'].map((name) => allowsModel(list, name))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['gpt-5-mini', 'GPT-5', 'claude', 'xclaude-a', ''].map((name) => allowsModel(list, name))).toEqual(
      Array(5).fill(false),
    );
    expect(allowsModel(['*'], 'anything')).toBe(true);
    expect(allowsModel([], 'anything')).toBe(false);
  });
});

describe('a client that may use some models', () => {
  const allowedModels = ['gpt-5-mini', 'claude-sonnet-4', 'claude-haiku-*'];

  it('is served with those, whatever serves them', () => {
    const ask = (model: string, more: Partial<RouteFacts> = {}) => asked({ model, allowedModels }, { keys, ...more });
    expect(ask('gpt-5-mini')).toEqual(['openai-a gpt-5-mini']);
    expect(ask('openai/gpt-5-mini')).toEqual(['openai-a gpt-5-mini']);
    expect(ask('claude-haiku-4-5')).toEqual(['anthropic-a claude-haiku-4-5']);
    const sessions = [session('web', { models: [{ id: 'claude-haiku-4-5', name: 'Haiku' }] })];
    expect(ask('claude-haiku-4-5', { keys: [], sessions })).toEqual(['web claude-haiku-4-5']);
    expect(ask('claude-code/claude-haiku-4-5')).toEqual(['claude-code claude-haiku-4-5']);
  });

  it('may mean the newest of a model, or name the provider, where the list has that very name', () => {
    const modelsOf = lists({ 'anthropic-a': ['claude-sonnet-4-20250514'] });
    expect(
      asked(
        { model: 'claude-opus-4-latest', allowedModels: ['claude-opus-4-latest'] },
        {
          keys,
          modelsOf: lists({ 'anthropic-a': ['claude-opus-4-20250514'] }),
        },
      ),
    ).toEqual(['anthropic-a claude-opus-4-20250514']);
    expect(asked({ model: 'openai/gpt-5', allowedModels: ['openai/gpt-5'] }, { keys })).toEqual(['openai-a gpt-5']);
    expect(refused({ model: 'gpt-5', allowedModels: ['openai/gpt-5'] })).toContain('CLIENT_NOT_ALLOWED');
    const dated = { model: 'claude-sonnet-4-20250514', allowedModels };
    expect(asked(dated, { keys, modelsOf })).toEqual(['anthropic-a claude-sonnet-4-20250514']);
    const pinned = { model: 'claude-sonnet-4-20260101', allowedModels: ['claude-sonnet-4-20250514'] };
    expect(refused(pinned)).toContain('CLIENT_NOT_ALLOWED');
  });

  it('gets no other date of a model from claude.ai than the one that it may use', () => {
    const providers = [...routeFacts().providers, ownProvider('own', { models: ['claude-sonnet-4-20250514'] })];
    const sessions = [session('web', { models: [{ id: 'claude-sonnet-4-20260101', name: 'Sonnet' }] })];
    const facts = { providers, sessions, keys: [key('own-a')] };
    const dated = { model: 'claude-sonnet-4', allowedModels: ['claude-sonnet-4-20250514'] };
    expect(asked(dated, facts)).toEqual(['own-a claude-sonnet-4-20250514']);
    expect(refused({ ...dated, mode: 'web' }, facts)).toContain('CLIENT_NOT_ALLOWED');
  });

  it('is told of no models beside its own when nobody offers what it asks for', () => {
    const own = ['one', 'two'].map((id) => ownProvider(id, { models: [`mine-${id}`, `theirs-${id}`] }));
    const facts = { providers: own, keys: [key('one-a'), key('two-a')] };
    const unknown = refused({ model: 'mine-9', dialect: 'openai-chat', allowedModels: ['mine-*'] }, facts);
    expect(unknown).toMatch(/^MODEL_NOT_FOUND: .* Offered: mine-one, mine-two\.$/);
  });

  it.each(['gpt-5', 'claude-opus-4', 'anthropic/claude-opus-4', 'claude-code/claude-opus-4', 'gpt-5-mini-2', 'nobody'])(
    'is refused %s, and told what it may use',
    (model) => {
      expect(refused({ model, allowedModels })).toMatch(
        /^CLIENT_NOT_ALLOWED: .* the model ".*; it may use: gpt-5-mini, claude/,
      );
    },
  );

  it.each(['api', 'web', 'claude-code'] as const)(
    'is refused in the mode %s too, before anything else is said',
    (mode) => {
      expect(refused({ model: 'claude-opus-4', allowedModels, mode })).toContain('CLIENT_NOT_ALLOWED');
      expect(refused({ model: 'claude-opus-4', allowedModels, mode, isTranslatable: false }, { keys: [] })).toContain(
        'CLIENT_NOT_ALLOWED',
      );
    },
  );

  it('is refused with a credential of its own as well', () => {
    const ownKey = key('anthropic-own', { origin: 'client' });
    expect(refused({ model: 'claude-opus-4', allowedModels, ownKey })).toContain('CLIENT_NOT_ALLOWED');
  });

  it('does not get around it through an alias, a chain of them, or a pattern', () => {
    const aliases = new Map([
      ['gpt-5-mini', 'claude-opus-4'],
      ['claude-sonnet-4', 'big'],
      ['big', 'gpt-5'],
      ['claude-haiku-*', 'gpt-5'],
      ['claude-haiku-code', 'claude-code/claude-opus-4'],
    ]);
    for (const model of ['gpt-5-mini', 'claude-sonnet-4', 'claude-haiku-4-5', 'claude-haiku-code', 'big'])
      expect(refused({ model, allowedModels }, { aliases })).toContain('CLIENT_NOT_ALLOWED');
    expect(refused({ model: 'gpt-5-mini', allowedModels }, { aliases })).toContain(
      '"claude-opus-4", which "gpt-5-mini" means',
    );
  });

  it('may call a model that it may use by its alias', () => {
    const aliases = new Map([
      ['fast', 'gpt-5-mini'],
      ['claude-opus-*', 'gpt-5-mini'],
    ]);
    expect(asked({ model: 'fast', allowedModels }, { keys, aliases })).toEqual(['openai-a gpt-5-mini']);
    expect(asked({ model: 'claude-opus-4', allowedModels }, { keys, aliases })).toEqual(['openai-a gpt-5-mini']);
  });

  it.each<[string, Partial<RouteRequest>]>([
    ['what names no model', { model: undefined }],
    ['what names an empty one', { model: '' }],
    [
      'what is stored at a provider, though it names one',
      { model: 'gpt-5-mini', isStateful: true, isTranslatable: false },
    ],
    ['Claude Code without a model', { model: undefined, mode: 'claude-code' }],
  ])('is refused %s', (_what, request) => {
    expect(refused({ ...request, allowedModels })).toMatch(/^CLIENT_NOT_ALLOWED: .*names no model/);
  });
});

const names = ['a', 'ab', 'a-20250101', 'b', 'claude-a', 'claude-b', 'own/a', 'own/b', 'claude-code/a', 'x'];
const name = fc.constantFrom(...names);

test('whatever the aliases, the lists and the modes: nothing is asked for that the list does not have', () => {
  const providers = [...routeFacts().providers, ownProvider('own', { models: ['a', 'b'] })];
  const situations = fc.record({
    aliases: fc.uniqueArray(
      fc.tuple(
        fc.oneof(
          name,
          name.map((one) => `${one}*`),
        ),
        name,
      ),
      {
        selector: ([from]) => from,
        maxLength: 4,
      },
    ),
    allowedModels: fc.array(
      fc.oneof(
        name,
        name.map((one) => `${one}*`),
      ),
      { maxLength: 3 },
    ),
    model: fc.option(name, { nil: undefined }),
    mode: fc.constantFrom(undefined, 'api' as const, 'web' as const, 'claude-code' as const),
    claudeCode: fc.constantFrom('on-request' as const, 'auto' as const),
    hasSession: fc.boolean(),
  });
  fc.assert(
    fc.property(situations, ({ aliases, allowedModels, model, mode, claudeCode, hasSession }) => {
      const facts = routeFacts({
        providers,
        keys: [key('own-1'), key('anthropic-a')],
        sessions: hasSession ? [session('web')] : [],
        aliases: new Map(aliases),
        claudeCode,
      });
      let models: readonly (string | undefined)[];
      try {
        models = choose(routeRequest({ model, mode, allowedModels }), facts).candidates.map((one) => one.model);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(CompanionError);
        return;
      }
      // By the list itself, or by its name for the same model: another date, a provider before it.
      const dateless = (one: string) => one.replace(/-\d{8}$/, '');
      const asListed = (one: string) =>
        allowsModel(allowedModels, one) ||
        names.some((other) => allowsModel(allowedModels, other) && dateless(other).endsWith(dateless(one)));
      for (const one of models) expect(asListed(one ?? '')).toBe(true);
    }),
    { numRuns: 400 },
  );
});
