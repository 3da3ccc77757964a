/** From the name of a model to the provider that is asked for it. */
import { describe, expect, test } from 'vitest';
import { builtInProviders } from '../../../shared/api-provider.ts';
import { choose } from '../../../companion/router/choose.ts';
import { asked, key, lists, ownProvider, refusalOf, routeFacts, routeRequest, session } from './facts.ts';

const keys = [key('anthropic-a'), key('openai-a'), key('groq-a'), key('mistral-a')];
const aliases = (entries: Readonly<Record<string, string>>) => new Map(Object.entries(entries));

describe('a name goes', () => {
  test('to the provider that lists it, whatever its beginning says', () => {
    const modelsOf = lists({ 'groq-a': ['openai/gpt-oss-120b', 'llama-3'], 'openai-a': ['gpt-5'] });
    expect(asked({ model: 'openai/gpt-oss-120b' }, { keys, modelsOf })).toEqual(['groq-a openai/gpt-oss-120b']);
    expect(asked({ model: 'llama-3' }, { keys, modelsOf })).toEqual(['groq-a llama-3']);
  });

  test('to what the configuration says a provider offers, though nobody was asked', () => {
    const providers = [...builtInProviders, ownProvider('lab', { models: ['house-model'] })];
    expect(asked({ model: 'house-model' }, { providers, keys: [...keys, key('lab-a')] })).toEqual([
      'lab-a house-model',
    ]);
  });

  test('to the provider named before the slash, without that name', () => {
    expect(asked({ model: 'groq/llama-3' }, { keys })).toEqual(['groq-a llama-3']);
    expect(asked({ model: 'OpenAI/gpt-5' }, { keys })).toEqual(['openai-a gpt-5']);
    expect(asked({ model: 'groq/openai/gpt-oss-120b' }, { keys })).toEqual(['groq-a openai/gpt-oss-120b']);
  });

  test.each([
    ['claude-opus-5', 'anthropic-a'],
    ['gpt-5', 'openai-a'],
    ['o3-mini', 'openai-a'],
    ['codestral-latest', 'mistral-a'],
  ])('%s, by its beginning, to %s', (model, id) => {
    expect(asked({ model, dialect: 'openai-chat' }, { keys })).toEqual([`${id} ${model}`]);
    expect(asked({ model, dialect: 'anthropic' }, { keys })).toEqual([`${id} ${model}`]);
  });

  test('to the provider whose list has it with another date, under the name in the list', () => {
    const modelsOf = lists({ 'groq-a': ['llama-9-20260101', 'llama-9-20260301'] });
    expect(asked({ model: 'llama-9' }, { keys, modelsOf })).toEqual(['groq-a llama-9-20260301']);
  });

  test('as it is to its own provider, which may know more names than it lists, but for -latest', () => {
    const modelsOf = lists({ 'anthropic-a': ['claude-haiku-4-5-20251001', 'claude-haiku-4-5-20261001'] });
    expect(asked({ model: 'claude-haiku-4-5' }, { keys, modelsOf })).toEqual(['anthropic-a claude-haiku-4-5']);
    expect(asked({ model: 'claude-haiku-4-5-latest' }, { keys, modelsOf })).toEqual([
      'anthropic-a claude-haiku-4-5-20261001',
    ]);
  });

  test('to the API that the client speaks when nobody knows it, for that provider to judge', () => {
    const two = [key('anthropic-a'), key('openai-a')];
    expect(asked({ model: 'foo', dialect: 'anthropic' }, { keys })).toEqual(['anthropic-a foo']);
    expect(asked({ model: 'foo', dialect: 'openai-chat' }, { keys: two })).toEqual(['openai-a foo']);
    expect(asked({ model: 'foo', dialect: 'openai-responses' }, { keys: two })).toEqual(['openai-a foo']);
    const only = [key('groq-a')];
    expect(asked({ model: 'foo', dialect: 'anthropic' }, { keys: only })).toEqual(['groq-a foo']);
    expect(choose(routeRequest({ model: 'foo' }), routeFacts({ keys })).isGuess).toBe(true);
    expect(choose(routeRequest({ model: 'foo' }), routeFacts({ keys: only })).isGuess).toBeUndefined();
    expect(choose(routeRequest({ model: 'claude-a' }), routeFacts({ keys })).isGuess).toBeUndefined();
  });

  test('nowhere when several could be meant, or when it is beyond doubt of a provider without a key', () => {
    const others = [key('openai-a'), key('groq-a')];
    expect(refusalOf({ model: 'foo', dialect: 'openai-chat' }, { keys: others }).code).toBe('MODEL_NOT_FOUND');
    const error = refusalOf({ model: 'gpt-5' }, { keys: [key('anthropic-a')] });
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining("OpenAI's") });
    expect(error.remedy).toContain('companion keys add');
    expect(refusalOf({ model: 'openai/x' }, { keys: [key('anthropic-a')] }).message).toContain("OpenAI's");
  });

  test('to a server with models of its own even then: it may well have it', () => {
    const providers = [...builtInProviders, ownProvider('hub')];
    const facts = { providers, keys: [key('hub-a')] };
    expect(asked({ model: 'gpt-5', dialect: 'openai-chat' }, facts)).toEqual(['hub-a gpt-5']);
    expect(asked({ model: 'openai/gpt-5', dialect: 'openai-chat' }, facts)).toEqual(['hub-a openai/gpt-5']);
    const withSession = { ...facts, sessions: [session('ses')] };
    expect(asked({ dialect: 'openai-chat' }, withSession)).toEqual(['hub-a claude-a', 'ses claude-a']);
  });
});

describe('an alias', () => {
  test('of that very name is followed first, even where a list has the name', () => {
    const modelsOf = lists({ 'anthropic-a': ['claude-haiku-4-5'] });
    const facts = { keys, modelsOf, aliases: aliases({ 'claude-haiku-4-5': 'groq/llama-3' }) };
    expect(asked({ model: 'claude-haiku-4-5' }, facts)).toEqual(['groq-a llama-3']);
  });

  test('with a star leaves alone what a list has; the longest one counts', () => {
    const modelsOf = lists({ 'openai-a': ['gpt-5'] });
    const facts = {
      keys,
      modelsOf,
      aliases: aliases({ '*': 'mistral-large', 'gpt-*': 'claude-opus-5', 'gpt-5-*': 'groq/llama-3' }),
    };
    expect(asked({ model: 'gpt-5' }, facts)).toEqual(['openai-a gpt-5']);
    expect(asked({ model: 'gpt-5-mini' }, facts)).toEqual(['groq-a llama-3']);
    expect(asked({ model: 'gpt-4' }, facts)).toEqual(['anthropic-a claude-opus-5']);
    expect(asked({ model: 'foo' }, facts)).toEqual(['mistral-a mistral-large']);
  });

  test('may stand for another alias, and a circle ends where it began', () => {
    const chain = aliases({ fast: 'small', small: 'openai/gpt-5-nano' });
    expect(asked({ model: 'fast' }, { keys, aliases: chain })).toEqual(['openai-a gpt-5-nano']);
    const circle = aliases({ 'gpt-a': 'gpt-b', 'gpt-b': 'gpt-a' });
    expect(asked({ model: 'gpt-a' }, { keys, aliases: circle })).toEqual(['openai-a gpt-a']);
    const crossed = aliases({ 'gpt-*': 'claude-x', 'claude-*': 'gpt-y' });
    expect(asked({ model: 'gpt-5' }, { keys, aliases: crossed })).toEqual(['anthropic-a claude-x']);
  });

  test('is explained', () => {
    const facts = routeFacts({ keys, aliases: aliases({ fast: 'gpt-5-mini' }) });
    expect(choose(routeRequest({ model: 'fast' }), facts).explanation).toBe(
      'api: OpenAI, key a (by priority); model fast means gpt-5-mini',
    );
  });
});

describe('several providers that list the model', () => {
  const providers = [...builtInProviders, ownProvider('hub', { hasResponses: true })];
  const modelsOf = lists({ 'groq-a': ['shared'], 'hub-a': ['shared'], 'anthropic-a': ['shared'] });
  const facts = { providers, modelsOf, keys: [key('mistral-a'), key('groq-a'), key('hub-a'), key('anthropic-a')] };

  test('are tried one after the other, those that need no translation first', () => {
    expect(asked({ model: 'shared', dialect: 'anthropic' }, facts)).toEqual([
      'anthropic-a shared',
      'groq-a shared',
      'hub-a shared',
    ]);
    expect(asked({ model: 'shared', dialect: 'openai-chat' }, facts)).toEqual([
      'groq-a shared',
      'hub-a shared',
      'anthropic-a shared',
    ]);
  });

  test('are tried only as far as they have the route, when it cannot be translated', () => {
    const request = { model: 'shared', isTranslatable: false } as const;
    expect(asked({ ...request, dialect: 'anthropic' }, facts)).toEqual(['anthropic-a shared']);
    expect(asked({ ...request, dialect: 'openai-chat' }, facts)).toEqual(['groq-a shared', 'hub-a shared']);
  });
});

describe('a provider that offers the models of others', () => {
  const providers = [...builtInProviders, ownProvider('shop', { isReseller: true, wire: 'anthropic' })];
  const both = { providers, keys: [key('anthropic-a'), key('openai-a'), key('shop-a')] };
  const facts = (changes: Readonly<Record<string, readonly string[]>>) => ({ ...both, modelsOf: lists(changes) });

  test('comes after whose model it is, in whatever dialect', () => {
    const listed = facts({ 'shop-a': ['gpt-5'], 'openai-a': ['gpt-5'] });
    expect(asked({ model: 'gpt-5' }, listed)).toEqual(['openai-a gpt-5', 'shop-a gpt-5']);
    expect(asked({ model: 'gpt-5', dialect: 'anthropic' }, listed)).toEqual(['openai-a gpt-5', 'shop-a gpt-5']);
  });

  test('comes after one whose list has the model with its date alone', () => {
    const listed = facts({ 'shop-a': ['claude-x-4-5'], 'anthropic-a': ['claude-x-4-5-20250929'] });
    expect(asked({ model: 'claude-x-4-5' }, listed)).toEqual([
      'anthropic-a claude-x-4-5-20250929',
      'shop-a claude-x-4-5',
    ]);
  });

  test('is asked for what it alone offers, and where it is named', () => {
    const listed = facts({ 'shop-a': ['claude-x-4.5'], 'anthropic-a': ['claude-x-4-5-20250929'] });
    expect(asked({ model: 'claude-x-4.5' }, listed)).toEqual(['shop-a claude-x-4.5']);
    expect(asked({ model: 'shop/claude-x-4-5-20250929' }, listed)).toEqual(['shop-a claude-x-4-5-20250929']);
  });
});

describe('a route that only the same wire can serve', () => {
  test('goes where the bytes are understood, or is refused', () => {
    expect(asked({ model: 'claude-a', isTranslatable: false }, { keys })).toEqual(['anthropic-a claude-a']);
    const error = refusalOf({ model: 'gpt-5', isTranslatable: false }, { keys });
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('OpenAI') });
    expect(refusalOf({ isTranslatable: false, dialect: 'openai-chat' }, { keys }).code).toBe('MODEL_NOT_FOUND');
  });

  test('of Responses goes only to providers that have it; others are asked in a translation', () => {
    const request = { model: 'codestral-2', dialect: 'openai-responses' } as const;
    const { candidates } = choose(routeRequest(request), routeFacts({ keys }));
    expect(candidates).toMatchObject([{ isSameWire: false }]);
    expect(refusalOf({ ...request, isTranslatable: false }, { keys }).code).toBe('MODEL_NOT_FOUND');
    const own = choose(routeRequest({ ...request, model: 'gpt-5', isTranslatable: false }), routeFacts({ keys }));
    expect(own.candidates).toMatchObject([{ isSameWire: true }]);
  });

  test('and names no model goes to the API that the client speaks', () => {
    const request = { model: undefined, isTranslatable: false } as const;
    expect(asked({ ...request, dialect: 'anthropic' }, { keys })).toEqual(['anthropic-a undefined']);
    expect(asked({ ...request, dialect: 'openai-chat' }, { keys })).toEqual(['openai-a undefined']);
    expect(asked({ ...request, dialect: 'openai-chat' }, { keys: [key('groq-a')] })).toEqual(['groq-a undefined']);
    const two = { keys: [key('groq-a'), key('mistral-a')] };
    expect(refusalOf({ ...request, dialect: 'openai-chat' }, two).message).toContain('(Mistral, Groq)');
    expect(refusalOf({ ...request, dialect: 'anthropic' }, {}).code).toBe('NO_CREDENTIAL');
    expect(refusalOf({ ...request, dialect: 'anthropic' }, two).code).toBe('NO_CREDENTIAL');
  });
});

test('what is offered is listed with the nearest names first', () => {
  const modelsOf = lists({ 'openai-a': ['whisper-1', 'dall-e-3', 'gpt-5-mini', 'gpt-5'], 'groq-a': ['llama-3.3-70b'] });
  const facts = { keys: [key('openai-a'), key('groq-a')], modelsOf };
  expect(refusalOf({ model: 'lama-3.3', dialect: 'openai-chat' }, facts).message).toMatch(/Offered: llama-3\.3-70b, /);
  expect(refusalOf({ model: 'x-gpt-5-min', dialect: 'openai-chat' }, facts).message).toMatch(/Offered: gpt-5-mini, /);
});
