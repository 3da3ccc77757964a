/** Which headers cross the companion, and in which form. */
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../shared/redact.ts';
import type { ApiKey } from '../../../shared/credential.ts';
import { credentialHeader, replyHeaders, requestHeaders } from '../../../companion/upstream/relay-headers.ts';

const us = 'ccproxy-companion/test';

function keyOf(secret: string | null, origin: ApiKey['origin'] = 'config'): ApiKey {
  const value = secret === null ? null : new Secret(secret);
  return { kind: 'api-key', id: 'k', providerId: 'p', name: 'k', secret: value, origin, priority: 0 };
}

describe('to the provider', () => {
  test('goes everything that the client said, in its order, repeated lines included', () => {
    const lines =
      'Accept: */*|anthropic-beta: a,b|anthropic-beta: c|user-agent: claude-cli/9|X-Stainless-Lang: js|x-odd: \xe9';
    const sent = lines.split(/\||: /);
    const lower = sent.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text));
    expect(requestHeaders(sent, [], us)).toEqual(lower);
  });

  test.each([
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Host',
    'Content-Length',
    'Expect',
    'Cookie',
    'Authorization',
    'X-Api-Key',
    'X-Companion-Key',
    'X-Companion-Anything',
    'X-Admin-Key',
    'X-Login-Session',
    'X-Proxy-Mode',
    // With another account's token it would name whose plan pays.
    'ChatGPT-Account-Id',
  ])('never goes %s', (name) => {
    expect(requestHeaders([name, 'value', 'user-agent', 'a'], [], us)).toEqual(['user-agent', 'a']);
  });

  test('never goes what the client names as its connection only', () => {
    const sent = ['x-private', '1', 'Connection', 'close, X-Private', 'connection', 'x-other', 'X-Other', '2'];
    expect(requestHeaders(sent, [], us)).toEqual(['user-agent', us]);
  });

  test('goes our name only when the client gives none, and the credential last', () => {
    expect(requestHeaders(['user-agent', ''], ['x-api-key', 'k'], us)).toEqual(['user-agent', '', 'x-api-key', 'k']);
    expect(requestHeaders([], ['x-api-key', 'k'], us)).toEqual(['user-agent', us, 'x-api-key', 'k']);
  });
});

describe('the credential', () => {
  const anthropic = { wire: 'anthropic' } as const;
  const openai = { wire: 'openai' } as const;

  test('has the form of the wire', () => {
    expect(credentialHeader(anthropic, keyOf('sk-ant-api03-a'))).toEqual(['x-api-key', 'sk-ant-api03-a']);
    expect(credentialHeader(openai, keyOf('sk-a'))).toEqual(['authorization', 'Bearer sk-a']);
    expect(credentialHeader(anthropic, keyOf('sk-ant-oat01-a', 'client'))).toEqual([
      'authorization',
      'Bearer sk-ant-oat01-a',
    ]);
  });

  test('of a login is its token, with what the provider wants beside it in the place of the client’s', () => {
    const login = { id: 'l', providerId: 'p', name: 'ada', origin: 'companion', priority: 0 } as const;
    const token = { ...login, kind: 'oauth-token', secret: new Secret('tok'), accountId: null } as const;
    const bearer = ['authorization', 'Bearer tok'];
    expect(credentialHeader(openai, token)).toEqual(bearer);
    expect(credentialHeader({ wire: 'codex' }, { ...token, accountId: 'acc' })).toEqual([
      ...bearer,
      'chatgpt-account-id',
      'acc',
    ]);
    const clients = ['Anthropic-Beta', 'a, b', 'x-a', '1', 'anthropic-beta', 'b,,c'];
    const own = credentialHeader(anthropic, token, clients);
    expect(own).toEqual([...bearer, 'anthropic-beta', 'a,b,c,oauth-2025-04-20']);
    expect(requestHeaders(clients, own, us)).toEqual(['x-a', '1', 'user-agent', us, ...own]);
  });

  test('that is a subscription’s token stored as a key is sent as such', () => {
    const own = credentialHeader(anthropic, keyOf('sk-ant-oat01-a', 'vault'));
    expect(own).toEqual(['authorization', 'Bearer sk-ant-oat01-a', 'anthropic-beta', 'oauth-2025-04-20']);
  });

  test('is none where none is wanted', () => {
    expect(credentialHeader(openai, keyOf(null))).toEqual([]);
  });

  test('of the client goes on in the header in which it came', () => {
    const own = keyOf('tok', 'client');
    expect(credentialHeader(anthropic, own, ['Authorization', 'Bearer tok'])).toEqual(['authorization', 'Bearer tok']);
    expect(credentialHeader(openai, own, ['X-Api-Key', 'tok'])).toEqual(['x-api-key', 'tok']);
    expect(credentialHeader(anthropic, own, ['authorization', 'Bearer other', 'x-api-key', 'tok'])).toEqual([
      'x-api-key',
      'tok',
    ]);
  });
});

describe('to the client', () => {
  test('goes everything that the provider said, length and encoding included, names as they came', () => {
    const said = [
      'Content-Type',
      'a/b',
      'Content-Length',
      '3',
      'content-encoding',
      'br',
      'x-a',
      '1',
      'x-a',
      '2',
      'Date',
      'd',
    ];
    expect(replyHeaders(said)).toEqual(said);
  });

  test.each([
    'connection',
    'keep-alive',
    'transfer-encoding',
    'trailer',
    'upgrade',
    'proxy-authenticate',
    'set-cookie',
    'Alt-Svc',
    'Strict-Transport-Security',
  ])('never goes %s', (name) => {
    expect(replyHeaders(['a', '1', name, 'value'])).toEqual(['a', '1']);
  });
});
