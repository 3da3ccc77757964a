/** What a request to Kiro is, byte by byte, and what becomes of answers that are none. */
import { describe, expect, it, test } from 'vitest';
import { kiroProvider } from '../../../shared/api-provider.ts';
import type { KiroPlace, OAuthToken } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import type { CompanionError } from '../../../companion/base/error.ts';
import { ApiUpstream } from '../../../companion/upstream/api-upstream.ts';
import type { RawReply, RawRequest } from '../../../companion/upstream/raw-transport.ts';
import { collectMessage } from '../../../companion/wire/hub/collect.ts';
import { event, exception } from '../../support/providers/kiro/frames.ts';
import { request, STAMP } from '../wire/openai/upstream-support.ts';

const secret = 'aoaAAAAAof-mary-0123456789';
const arn = (region: string) => `arn:aws:codewhisperer:${region}:123456789012:profile/EXAMPLE`;

function keyAt(kiro?: KiroPlace): OAuthToken {
  return {
    kind: 'oauth-token',
    id: 'kiro-3f9a2c41',
    providerId: 'kiro',
    name: 'kiro-3f9a2c41',
    origin: 'companion',
    priority: 50,
    secret: new Secret(secret),
    accountId: null,
    ...(kiro !== undefined && { kiro }),
  };
}

function replyOf(status: number, headers: Readonly<Record<string, string>>, body: Buffer | string): RawReply {
  const bytes = Buffer.from(body);
  return {
    status,
    headers: Object.entries(headers).flat(),
    header: (name) => headers[name],
    pour: async (sink) => void sink.write(bytes),
    read: async () => bytes,
    chunks: async function* () {
      yield bytes;
    },
    discard: () => undefined,
  };
}

const stream = { 'content-type': 'application/vnd.amazon.eventstream', 'transfer-encoding': 'chunked' };
const hello = replyOf(200, stream, event('assistantResponseEvent', { content: 'hi' }));

interface Wish {
  readonly reply?: RawReply;
  readonly kiro?: KiroPlace;
  readonly profileArn?: string;
}

async function ask({ reply = hello, kiro, profileArn }: Wish = {}) {
  const asked: RawRequest[] = [];
  const upstream = new ApiUpstream({
    transport: { send: async (one) => (asked.push(one), reply) },
    userAgent: 'ccproxy-companion/1',
    onLimits: () => undefined,
    nowMs: () => 0,
    kiro: { modelIds: new Map([['mine', 'theirs']]), profileArn: profileArn ?? null },
  });
  const encoded = upstream.codecOf(kiroProvider).encodeRequest(request({ stream: true }), 'mine');
  const never = new AbortController().signal;
  const target = { provider: kiroProvider, key: keyAt(kiro), model: 'mine', encoded, isStream: true, stamp: STAMP };
  const answer = upstream.send(target, never).then((events) => collectMessage(events));
  const settled = await answer.then(
    (message) => ({ message, error: undefined }),
    (error: unknown) => ({ message: undefined, error: error as CompanionError }),
  );
  const [sent] = asked;
  if (sent === undefined) throw new Error('nothing was sent');
  const names = sent.headers.filter((_, at) => at % 2 === 0);
  const header = (name: string) => sent.headers[sent.headers.indexOf(name) + 1];
  return { ...settled, url: sent.url, names, header, body: JSON.parse(String(sent.body)) as Record<string, unknown> };
}

describe('a request', () => {
  it('has these headers, and no others', async () => {
    const { names, header, url, message } = await ask();
    expect(names.toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'amz-sdk-invocation-id',
      'authorization',
      'content-type',
      'user-agent',
      'x-amzn-codewhisperer-optout',
    ]);
    expect([header('user-agent'), header('authorization')]).toEqual(['ccproxy-companion/1', `Bearer ${secret}`]);
    expect(url).toBe('https://q.us-east-1.amazonaws.com/generateAssistantResponse');
    expect(message?.content).toMatchObject([{ text: 'hi' }]);
  });

  test.each([
    [undefined, undefined, 'us-east-1', undefined],
    [{ region: 'eu-west-1', profileArn: null }, undefined, 'eu-west-1', undefined],
    [{ region: 'eu-west-1', profileArn: arn('eu-central-1') }, undefined, 'eu-central-1', arn('eu-central-1')],
    [{ region: 'eu-west-1', profileArn: null }, arn('us-east-1'), 'us-east-1', arn('us-east-1')],
    [{ region: 'us-east-1', profileArn: arn('us-east-1') }, arn('eu-central-1'), 'us-east-1', arn('us-east-1')],
  ] as const)('of a login at %j, with %s set, goes to %s as %s', async (kiro, profileArn, region, named) => {
    const { url, body } = await ask({ ...(kiro && { kiro }), ...(profileArn && { profileArn }) });
    expect(url).toBe(`https://q.${region}.amazonaws.com/generateAssistantResponse`);
    expect(body['profileArn']).toBe(named);
  });
});

describe('an answer', () => {
  test.each([
    ['application/json', '{"message":"x"}'],
    ['text/html; charset=UTF-8', '<html>'],
  ])('that says it is %s is no stream', async (type, body) => {
    const { error } = await ask({ reply: replyOf(200, { 'content-type': type }, body) });
    expect([error?.code, error?.message]).toEqual([
      'UPSTREAM_UNREADABLE',
      expect.stringContaining(type.split(';')[0] ?? ''),
    ]);
  });

  it('that repeats the token does not say it', async () => {
    const words = `The token ${secret} is not known.`;
    const refused = await ask({ reply: replyOf(403, {}, JSON.stringify({ message: words })) });
    expect([refused.error?.code, refused.error?.message]).toEqual([
      'KEY_REJECTED',
      expect.not.stringContaining(secret),
    ]);
    expect(refused.error?.remedy).toContain('companion auth login-kiro');
    const broken = exception('ExpiredTokenException', { message: words });
    const { error } = await ask({ reply: replyOf(200, stream, broken) });
    expect([error?.code, error?.message]).toEqual(['KEY_REJECTED', expect.not.stringContaining(secret)]);
  });
});
