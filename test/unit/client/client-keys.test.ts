/** Keys of single clients: who is let in, until when, and what is known of the use. */
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { Periods } from '../../../companion/base/periods.ts';
import { ClientKeys } from '../../../companion/client/client-keys.ts';
import type { ClientKeyWish } from '../../../companion/client/client-keys.ts';
import { looksLikeJwt } from '../../../companion/client/client-key-token.ts';
import { VerifiedTokens } from '../../../companion/client/verified-tokens.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import { Secret } from '../../../shared/redact.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ledgerRow } from '../../support/records.ts';

const secret = 'an invented secret of this installation';
const dayMs = 86_400_000;

function wish(changes: Partial<ClientKeyWish> = {}): ClientKeyWish {
  return {
    name: 'laptop',
    mode: 'both',
    models: null,
    requestBudget: null,
    tokenBudget: null,
    budgetPeriod: 'never',
    ratePerMinute: null,
    expiresIn: undefined,
    ...changes,
  };
}

function open(signedWith = secret) {
  const clock = new FakeClock();
  const { store } = openStore(':memory:', { quarantine: false });
  onTestFinished(() => store.close());
  let asked = 0;
  const restart = () =>
    new ClientKeys({
      store,
      clock,
      periods: new Periods(() => 'UTC'),
      secret: async () => {
        asked += 1;
        return new Secret(signedWith);
      },
    });
  return { clock, store, keys: restart(), restart, secretsAsked: () => asked };
}

type Opened = ReturnType<typeof open>;

/** The code of the refusal, or `in`. */
async function verdict(keys: ClientKeys, token: string): Promise<string> {
  try {
    (await keys.recognise(token)).admit().release();
    return 'in';
  } catch (thrown) {
    if (thrown instanceof CompanionError) return thrown.code;
    throw thrown;
  }
}

async function tokenOf({ keys }: Opened, changes: Partial<ClientKeyWish> = {}): Promise<{ token: string; id: string }> {
  const { token, key } = await keys.create(wish(changes));
  return { token: token.reveal(), id: key.id };
}

function claimsOf(token: string): JWTPayload {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as JWTPayload;
}

function sign(claims: JWTPayload, signedWith = secret, algorithm = 'HS256'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: algorithm }).sign(new TextEncoder().encode(signedWith));
}

describe('a key', () => {
  it('says who it is for, when it was made and when it ends, and nothing else', async () => {
    const opened = open();
    const { token, id } = await tokenOf(opened, { mode: 'web', models: ['claude-*'] });
    const iat = Math.floor(opened.clock.nowMs() / 1000);
    expect(claimsOf(token)).toEqual({
      name: 'laptop',
      mode: 'web',
      jti: id,
      sub: 'laptop',
      iss: 'ccproxy',
      iat,
      exp: iat + 720 * 3600,
    });
    expect(looksLikeJwt(token)).toBe(true);
  });

  it('lets in until the very moment at which it ends, and after a restart', async () => {
    const opened = open();
    const { token } = await tokenOf(opened, { expiresIn: '1h' });
    await opened.clock.advance(3_599_999);
    expect(await verdict(opened.keys, token)).toBe('in');
    expect(await verdict(opened.restart(), token)).toBe('in');
    await opened.clock.advance(1);
    expect([await verdict(opened.keys, token), await verdict(opened.restart(), token)]).toEqual(
      Array(2).fill('CLIENT_KEY_EXPIRED'),
    );
    expect(opened.keys.list()).toMatchObject([{ isValid: false }]);
  });

  it('without an end lets in for ever', async () => {
    const opened = open();
    const { token } = await tokenOf(opened, { expiresIn: 'never' });
    expect(claimsOf(token).exp).toBeUndefined();
    await opened.clock.advance(20_000 * dayMs);
    expect(await verdict(opened.keys, token)).toBe('in');
  });

  it('that is revoked is refused at once, seen before or not, and after a restart, expired or not', async () => {
    const opened = open();
    const [one, other] = [await tokenOf(opened), await tokenOf(opened, { name: 'phone' })];
    expect(await verdict(opened.keys, one.token)).toBe('in');
    opened.keys.revoke(one.id);
    expect(await verdict(opened.keys, one.token)).toBe('CLIENT_KEY_REVOKED');
    expect(await verdict(opened.restart(), one.token)).toBe('CLIENT_KEY_REVOKED');
    await opened.clock.advance(40 * dayMs);
    expect(await verdict(opened.restart(), one.token)).toBe('CLIENT_KEY_REVOKED');
    expect(await verdict(opened.keys, other.token)).toBe('CLIENT_KEY_EXPIRED');
  });

  it('is revoked here even where the disk fails, and there as soon as it can be', async () => {
    const opened = open();
    const { token, id } = await tokenOf(opened);
    const { revokeClientKey } = opened.store;
    opened.store.revokeClientKey = () => {
      throw new CompanionError('STORE_UNAVAILABLE', 'The disk is full.');
    };
    expect(() => opened.keys.revoke(id)).toThrow('full');
    expect(await verdict(opened.keys, token)).toBe('CLIENT_KEY_REVOKED');
    opened.store.revokeClientKey = revokeClientKey;
    opened.keys.revoke(id);
    expect(await verdict(opened.restart(), token)).toBe('CLIENT_KEY_REVOKED');
  });

  it('is not made where it cannot be kept', async () => {
    const opened = open();
    opened.store.addClientKey = () => {
      throw new CompanionError('STORE_UNAVAILABLE', 'The disk is full.');
    };
    await expect(opened.keys.create(wish())).rejects.toThrow('full');
    expect(opened.keys.list()).toEqual([]);
  });

  it('is found by id, name, or the beginning of an id; a name that was used again means the one that holds', async () => {
    const opened = open();
    const first = await tokenOf(opened);
    opened.keys.revoke(first.id.slice(0, 9));
    const second = await tokenOf(opened);
    expect(opened.keys.revoke('laptop').id).toBe(second.id);
    await tokenOf(opened, { name: 'twin' });
    await tokenOf(opened, { name: 'twin' });
    for (const wanted of ['twin', 'ck_', '', 'nobody', 'LAPTOP'])
      expect(() => opened.keys.revoke(wanted)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(opened.keys.list().filter(({ isValid }) => isValid)).toHaveLength(2);
  });

  it('is told to count what the ledger counts, and begins with that after a restart', async () => {
    const opened = open();
    const { token, id } = await tokenOf(opened, { requestBudget: 3, tokenBudget: 10_000 });
    const permit = (await opened.keys.recognise(token)).admit();
    const row = ledgerRow({ clientKey: id, atMs: opened.clock.nowMs() });
    permit.begin(row.atMs);
    permit.end({ atMs: row.atMs, tokens: 3520 });
    opened.store.appendExchanges([row]);
    const expected = { totalRequests: 1, totalTokens: 3520, requestsLeft: 2, tokensLeft: 6480, lastUsedAtMs: row.atMs };
    expect(opened.keys.list()).toMatchObject([expected]);
    expect(opened.restart().list()).toEqual(opened.keys.list());
  });

  it('counts a request once, however often it is said to be over', async () => {
    const opened = open();
    const { token } = await tokenOf(opened, { requestBudget: 2 });
    const recognised = await opened.keys.recognise(token);
    const permit = recognised.admit();
    permit.begin(opened.clock.nowMs());
    // The connection closes before the last byte is accounted for.
    permit.release();
    for (const tokens of [7, 9]) permit.end({ atMs: opened.clock.nowMs(), tokens });
    permit.release();
    expect(opened.keys.list()).toMatchObject([{ totalRequests: 1, totalTokens: 7 }]);
    recognised.admit();
    expect(() => recognised.admit()).toThrow('budget');
  });
});

describe('a token that is none of ours', () => {
  const forged: readonly [string, (good: string, id: string) => Promise<string> | string][] = [
    ['signed with another secret', (good) => sign(claimsOf(good), 'the secret of another installation')],
    ['signed with an empty-looking secret', (good) => sign(claimsOf(good), '\0')],
    ['that was not signed at all', (good) => new UnsecuredJWT(claimsOf(good)).encode()],
    ['without its signature', (good) => `${good.slice(0, good.lastIndexOf('.'))}.`],
    ['that says alg none and keeps the signature', (good) => withHeader(good, { alg: 'none' })],
    ['that says another algorithm', (good) => withHeader(good, { alg: 'HS512', typ: 'JWT' })],
    ['signed with the right secret and another algorithm', (good) => sign(claimsOf(good), secret.repeat(3), 'HS512')],
    [
      'signed with a key pair',
      async (good) => {
        const { privateKey } = await generateKeyPair('RS256');
        return new SignJWT(claimsOf(good)).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
      },
    ],
    [
      'with a key of its own in the header',
      (good) => withHeader(good, { alg: 'HS256', jwk: { kty: 'oct', k: Buffer.from('mine').toString('base64url') } }),
    ],
    ['with a critical header that nobody knows', (good) => withHeader(good, { alg: 'HS256', crit: ['exp'], exp: 1 })],
    ['of another issuer', (good) => sign({ ...claimsOf(good), iss: 'somebody' })],
    ['without an issuer', (good) => sign(without(claimsOf(good), 'iss'))],
    ['whose claims were changed', (good) => withClaims(good, { ...claimsOf(good), mode: 'both', exp: 4_000_000_000 })],
    ['with an id that is not in the database', (good) => sign({ ...claimsOf(good), jti: 'ck_0000000000000000' })],
    ['without an id', (good) => sign(without(claimsOf(good), 'jti'))],
    ['whose id is no text', (good) => sign({ ...claimsOf(good), jti: { toString: 'x' } as unknown as string })],
    ['with the name of a property as its id', (good) => sign({ ...claimsOf(good), jti: '__proto__' })],
    ['that is cut short', (good) => good.slice(0, -1)],
    ['with something after it', (good) => `${good}A`],
    ['whose header is no JSON', (good) => `eyJub3Q.${good.split('.').slice(1).join('.')}`],
  ];

  it.each(forged)('does not open: %s', async (_what, forge) => {
    const opened = open();
    const { token, id } = await tokenOf(opened, { mode: 'web', expiresIn: 'never' });
    expect(await verdict(opened.keys, token)).toBe('in');
    const wrong = await forge(token, id);
    expect(wrong).not.toBe(token);
    expect(await verdict(opened.keys, wrong)).toBe('CLIENT_KEY_INVALID');
    expect(await verdict(opened.keys, token)).toBe('in');
  });

  it('of an earlier secret no longer opens', async () => {
    const opened = open();
    const { token } = await tokenOf(opened);
    const { store, clock } = opened;
    const secretNow = async () => new Secret('another');
    const keys = new ClientKeys({ store, clock, periods: new Periods(() => 'UTC'), secret: secretNow });
    expect(await verdict(keys, token)).toBe('CLIENT_KEY_INVALID');
  });

  it('may do what the database says, whatever it says itself', async () => {
    const opened = open();
    const { token, id } = await tokenOf(opened, { mode: 'web', expiresIn: '1h', models: ['a'] });
    // Whoever knows the secret can sign what they like; it is worth what the key of that id is worth.
    const more = await sign({ ...claimsOf(token), mode: 'both', exp: 4_000_000_000 });
    expect((await opened.keys.recognise(more)).admit()).toMatchObject({ keyId: id, mode: 'web', models: ['a'] });
    await opened.clock.advance(3_600_000);
    expect(await verdict(opened.keys, more)).toBe('CLIENT_KEY_EXPIRED');
  });

  it('costs no secret where no key was ever made', async () => {
    const opened = open();
    const stranger = await sign({ jti: 'ck_1', iss: 'ccproxy' });
    expect([await verdict(opened.keys, stranger), opened.secretsAsked()]).toEqual(['CLIENT_KEY_INVALID', 0]);
  });
});

test.each(['s', 'short', 'x'.repeat(31)])('a short secret works as well as a long one: %s', async (short) => {
  const opened = open(short);
  const { token } = await tokenOf(opened);
  expect(await verdict(opened.keys, token)).toBe('in');
});

describe('what was verified', () => {
  it('is looked up without a wait the second time', async () => {
    const opened = open();
    const { token } = await tokenOf(opened);
    expect(opened.keys.recognise(token)).toBeInstanceOf(Promise);
    await opened.keys.recognise(token);
    expect(opened.keys.recognise(token)).not.toBeInstanceOf(Promise);
  });

  it('is kept for a thousand tokens, those that were used last', () => {
    const verified = new VerifiedTokens();
    for (let n = 0; n < 1_000; n++) verified.keep(`token-${n}`, `id-${n}`);
    expect(verified.idOf('token-0')).toBe('id-0');
    verified.keep('one more', 'new');
    expect([verified.idOf('token-0'), verified.idOf('token-1'), verified.idOf('one more')]).toEqual([
      'id-0',
      undefined,
      'new',
    ]);
  });
});

function withHeader(token: string, header: object): string {
  const [, ...rest] = token.split('.');
  return [Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.');
}

function withClaims(token: string, claims: JWTPayload): string {
  const [header, , signature] = token.split('.');
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

function without(claims: JWTPayload, name: string): JWTPayload {
  return Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name));
}
