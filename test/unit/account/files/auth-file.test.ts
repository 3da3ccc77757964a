/** Files with plain keys: every form that people have, and what is wrong with the others, without a word of the keys. */
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { builtInProviders, codexProvider } from '../../../../shared/api-provider.ts';
import { readAuthFile } from '../../../../companion/account/files/auth-file.ts';

const providers = [...builtInProviders, codexProvider];
const read = (name: string, content: unknown) =>
  readAuthFile(`/home/ada/auths/${name}`, typeof content === 'string' ? content : JSON.stringify(content), providers);
const told = (name: string, content: unknown) =>
  read(name, content).keys.map(({ providerId, secret, name: called, priority }) => [
    providerId,
    secret.reveal(),
    called,
    priority,
  ]);

describe('a file', () => {
  test('CPP-1: of the guide is read as it is printed there', () => {
    expect(told('claude.json', '{"type": "api_key", "token": "sk-ant-xxxxx", "priority": 1}')).toEqual([
      ['anthropic', 'sk-ant-xxxxx', undefined, 1],
    ]);
    expect(told('openai.json', '{"type": "api_key", "token": "sk-xxxxx", "priority": 2}')).toEqual([
      ['openai', 'sk-xxxxx', undefined, 2],
    ]);
    expect(told('gemini.json', '{"type": "api_key", "token": "AIzaSyxxxxx", "priority": 3}')).toEqual([
      ['gemini', 'AIzaSyxxxxx', undefined, 3],
    ]);
  });

  test.each([
    ['claude-2.json', 'anthropic'],
    ['openai_work.json', 'openai'],
    ['Gemini.old.JSON', 'gemini'],
    ['google.json', 'gemini'],
  ])('is named after its provider: %s', (name, provider) => {
    expect(told(name, { token: 'k' })).toEqual([[provider, 'k', undefined, undefined]]);
  });

  test('may name the provider inside, and hold several keys', () => {
    expect(told('mine.json', { provider: 'claude', key: 'k', name: 'work' })).toEqual([
      ['anthropic', 'k', 'work', undefined],
    ]);
    const list = [{ token: 'a' }, 'b', { provider: 'groq', token: 'c', priority: 4 }];
    const keys = [
      ['openai', 'a', undefined, undefined],
      ['openai', 'b', undefined, undefined],
      ['groq', 'c', undefined, 4],
    ];
    expect(told('openai.json', list)).toEqual(keys);
    expect(told('all.json', { provider: 'openai', keys: list })).toEqual(keys);
    expect(told('openai.json', { auths: list })).toEqual(keys);
  });
});

describe('a problem', () => {
  test.each([
    ['{"type": "api_key", "token": "canary-1"', 1],
    ['{\n  "type": "api_key"\n  "token": "canary-1"\n}', 3],
    ['{\n  "type": api_key,\n  "token": "canary-1"\n}', 2],
    ['{\n  "token": "canary-1",\n}', 3],
    ['[\n1,\n2,\ncanary\n]', 4],
    ['{"token": "canary-1"}\n\n}', 3],
    ['{\n"token": "canary\n"}', 2],
  ])('CPP-18: of the form tells the line: %j', (text, line) => {
    const { keys, problems } = read('claude.json', text);
    expect(keys).toEqual([]);
    expect(problems).toEqual([{ message: 'it is not valid JSON', line }]);
  });

  test.each([
    ['', 'it is empty'],
    ['[]', 'it has no key'],
    ['1', 'this is no entry'],
    ['{}', 'it has no `token`'],
    [{ type: 'oauth', token: 'canary-1' }, 'only entries of the type `api_key`'],
    [{ type: 'claude', access_token: 'canary-1' }, 'it holds a login, not a key'],
    [{ token: 'canary 1' }, 'This is no key: it has spaces'],
    [{ token: 'canary-1', priority: 1.5 }, 'The priority must be a whole number'],
    [{ token: 'canary-1', priority: 'first' }, 'its `priority` is no number'],
    [{ token: 'canary-1', name: 7 }, 'its `name` is no text'],
    [{ token: 'canary-1', provider: 'nobody' }, 'There is no provider called "nobody"'],
    [{ token: 'canary-1', provider: 'chatgpt' }, 'takes a login, not a key'],
  ])('of what stands there is told in words, without its contents: %j', (content, says) => {
    const { problems } = read('claude.json', content);
    expect(problems[0]?.message).toContain(says);
    expect(JSON.stringify(problems)).not.toContain('canary');
  });

  test('of a name that means nobody says what to do; one of an entry tells which, and the others are read', () => {
    expect(read('notes.json', { token: 'k' }).problems[0]?.message).toContain('name the file after it');
    const { keys, problems } = read('claude.json', [{ token: 'good' }, { token: 'two words' }, { token: 'fine' }]);
    expect(keys.map(({ secret }) => secret.reveal())).toEqual(['good', 'fine']);
    expect(problems).toMatchObject([{ message: expect.stringContaining('entry 2: This is no key') }]);
  });

  test('never quotes a file, whatever is in it', () => {
    const anyContent = fc.oneof(
      fc.string(),
      fc.json(),
      fc.array(fc.object()).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(anyContent, (content) => {
        const mark = 'sk-canary-4711';
        const { problems } = read('claude.json', content.replaceAll('a', mark));
        expect(JSON.stringify(problems)).not.toContain(mark);
      }),
    );
  });
});
