/** Client keys in wrong hands: forged, guessed, from elsewhere; and what of good ones is left anywhere. */
import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createCanary, findLeaks } from '../../support/canary.ts';
import { eventually, say } from '../api/house.ts';
import { openClientKeyHouse } from './house.ts';

const secret = createCanary('the secret of client keys');
const settings = { 'security.jwt_secret': secret.value };

function sign(claims: object, signedWith: string): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(signedWith));
}

describe('names of accounts', () => {
  test('are told to the companion’s own key, and to no client with one of its own', async () => {
    const keys = await openClientKeyHouse({ settings, anthropic: ['ada@example.com', 'bob@example.com'] });
    const { token } = await keys.create();
    const unknown = { 'x-companion-account': 'nobody' };
    const own = await keys.house.askClaude(say('x'), unknown);
    expect([own.status, own.text]).toEqual([404, expect.stringContaining('ada@example.com, bob@example.com')]);
    const limited = await keys.ask(token, say('x'), unknown);
    expect(limited.status).toBe(404);
    expect(limited.text).toContain('There are: ***.');
    expect(limited.text + JSON.stringify(limited.headers)).not.toContain('@example.com');
  });
});

describe('a token', () => {
  test('that was forged opens nothing, in no dialect, and is told no more than any wrong key', async () => {
    const keys = await openClientKeyHouse({ settings });
    const { token, id } = await keys.create();
    const claims = { iss: 'ccproxy', jti: id, name: 'laptop', mode: 'both' };
    const forged = [
      await sign(claims, 'another secret'),
      await sign({ ...claims, iss: 'elsewhere' }, secret.value),
      await sign({ ...claims, jti: 'ck_0123456789abcdef' }, secret.value),
      new UnsecuredJWT(claims).encode(),
      `${token.slice(0, -3)}AAA`,
    ];
    for (const wrong of forged) {
      for (const path of ['/v1/messages', '/v1/chat/completions', '/v1/responses', '/v1/models', '/v0/quota']) {
        const body = path === '/v1/models' || path === '/v0/quota' ? undefined : say('x');
        const answer = await keys.house.ask({
          path,
          headers: { authorization: `Bearer ${wrong}` },
          ...(body && { body }),
        });
        if (answer.headers['x-companion-error'] === 'TOO_MANY_FAILED_KEYS') continue;
        expect([path, answer.status, answer.headers['x-companion-error']]).toEqual([path, 401, 'CLIENT_KEY_INVALID']);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
        expect(answer.text).not.toContain(wrong.slice(-20));
      }
    }
    expect((await keys.ask(token, say('x'))).status).toBe(200);
  });

  test('of another installation opens nothing here, even with the same secret', async () => {
    const [here, there] = [await openClientKeyHouse({ settings }), await openClientKeyHouse({ settings })];
    await here.create();
    const { token } = await there.create();
    expect((await there.ask(token, say('x'))).status).toBe(200);
    expect((await here.ask(token, say('x'))).headers['x-companion-error']).toBe('CLIENT_KEY_INVALID');
  });

  test('manages nothing, reads no names of accounts, and controls nothing', async () => {
    const keys = await openClientKeyHouse({ settings });
    const { token } = await keys.create();
    const bearer = { authorization: `Bearer ${token}` };
    for (const path of ['/api/token/list', '/v0/management/auths', '/v0/management/status'])
      expect((await keys.house.ask({ path, headers: bearer })).headers['x-companion-error']).toMatch(
        /ADMIN_KEY|ROUTE_NOT/,
      );
    const asAdmin = await keys.house.ask({ path: '/api/token/list', headers: { ...bearer, 'x-admin-key': token } });
    expect(asAdmin.headers['x-companion-error']).toBe('ADMIN_KEY_INVALID');
    const quota = await keys.house.ask({ path: '/v0/quota', headers: bearer });
    expect([quota.status, quota.headers['x-companion-error']]).toEqual([403, 'CLIENT_NOT_ALLOWED']);
    expect((await keys.house.ask({ path: '/v0/quota' })).status).toBe(200);
    const admin = { 'x-admin-key': keys.house.adminKey };
    expect((await fetch(`${keys.house.url}/v0/quota`, { headers: admin })).status).toBe(200);
    expect((await fetch(`${keys.house.url}/v0/quota`, { headers: { 'x-admin-key': 'wrong' } })).status).toBe(401);
  });
});

test('after thirty wrong tokens in a minute further ones wait, and good keys of both kinds never', async () => {
  const keys = await openClientKeyHouse({ settings });
  const { token } = await keys.create();
  const codes: (string | undefined)[] = [];
  for (let count = 0; count < 36; count++) {
    const wrong = await sign({ iss: 'ccproxy', jti: `ck_${count}` }, 'guessed');
    codes.push((await keys.ask(wrong, say('x'))).headers['x-companion-error']);
  }
  expect(codes).toEqual([...Array(30).fill('CLIENT_KEY_INVALID'), ...Array(6).fill('TOO_MANY_FAILED_KEYS')]);
  expect((await keys.ask(token, say('x'))).status).toBe(200);
  expect((await keys.house.askClaude(say('x'))).status).toBe(200);
});

test.each([
  ['set', settings],
  ['made', {}],
])(
  'neither token nor secret is left in any file, log, ledger or answer: a secret that was %s',
  async (_what, chosen) => {
    const keys = await openClientKeyHouse({ settings: chosen });
    const { token, id } = await keys.create({ models: ['claude-*'], request_budget: 5 });
    const texts: Record<string, string> = {};
    const ask = async (body: object, headers: Readonly<Record<string, string>> = {}) => {
      const answer = await keys.ask(token, body, headers);
      texts[`answer ${Object.keys(texts).length}`] = answer.text + JSON.stringify(answer.rawHeaders);
    };
    await ask(say('x'));
    await ask(say('x', { model: 'gpt-5' }));
    await ask(say('x'), { 'x-proxy-mode': 'nonsense' });
    await ask({ model: 'claude-sonnet-4-6' });
    await keys.revoke(id);
    await ask(say('x'));
    texts['list'] = JSON.stringify(await keys.list());
    texts['refusal'] = await (await keys.manage('POST', '/api/token/revoke', { id: token })).text();
    texts['wish'] = await (await keys.manage('POST', '/api/token/generate', { name: token, expires_in: token })).text();
    await eventually('the ledger has them', async () => (await keys.house.exchanges()).length >= 3);
    texts['ledger'] = JSON.stringify(await keys.house.exchanges());
    texts['log'] = keys.house.log.text();
    const upstream = keys.house.anthropicApi.requests.map(({ headers }) => headers);
    texts['asked'] = JSON.stringify(upstream);
    await keys.house.stop();
    // What signs it tells most: every token of this installation begins alike, with nothing that is secret.
    const signature = { name: 'the signature of the token', value: token.slice(token.lastIndexOf('.') + 1) };
    expect(await findLeaks([secret, signature], { folders: [keys.house.home], texts })).toEqual([]);
  },
);
