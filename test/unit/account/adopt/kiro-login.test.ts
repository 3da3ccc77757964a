/** Kiro's own login: read where Kiro keeps it, and never touched. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { kiroSource } from '../../../../companion/account/adopt/kiro-login.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const token = {
  accessToken: 'aoaAAAAAinvented-access',
  refreshToken: 'aorAAAAAinvented-refresh',
  expiresAt: '2026-09-01T12:00:00.000Z',
  region: 'eu-central-1',
  authMethod: 'IdC',
  provider: 'Enterprise',
  profileArn: 'arn:aws:codewhisperer:us-east-1:123456789012:profile/EXAMPLE',
  clientIdHash: 'c0ffee',
};

async function place(text?: string) {
  const home = await temporaryFolder();
  const path = join(home, '.aws', 'sso', 'cache', 'kiro-auth-token.json');
  await mkdir(dirname(path), { recursive: true });
  if (text !== undefined) await writeFile(path, text);
  return { path, source: kiroSource({ environment: { HOME: home }, isEnabled: () => true }) };
}

it('is read with its place and its end, and without its refresh token', async () => {
  const { source, path } = await place(JSON.stringify(token));
  const login = await source.storage.load();
  expect(login).toMatchObject({
    provider: 'kiro',
    refreshToken: null,
    expiresAtMs: Date.parse(token.expiresAt),
    kiro: { region: 'eu-central-1', profileArn: token.profileArn, client: null },
  });
  expect(login?.accessToken.reveal()).toBe(token.accessToken);
  expect([source.mayRefresh, source.storage.location]).toEqual([false, path]);
});

it('is not there without its file, or without a token in it', async () => {
  expect(await (await place()).source.storage.load()).toBeUndefined();
  expect(await (await place('{}')).source.storage.load()).toBeUndefined();
});

it('that cannot be read is told without a word of it', async () => {
  const { source } = await place('{"accessToken":"aoaAAAAAinvented-acc');
  const thrown = await source.storage.load().catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: 'LOGIN_UNREADABLE' });
  expect(String((thrown as Error).message)).not.toContain('invented');
});

it('has a place of its own where its file names none, or no region at all', async () => {
  const { source } = await place(JSON.stringify({ accessToken: 'aoa-x', region: 'evil.example/', profileArn: 'x y' }));
  expect((await source.storage.load())?.kiro).toMatchObject({ region: 'us-east-1', profileArn: null });
});

it('is neither changed nor deleted', async () => {
  const { source, path } = await place(JSON.stringify(token));
  const login = await source.storage.load();
  if (login === undefined) throw new Error('nothing was read');
  for (const act of [() => source.storage.save(login, login), () => source.storage.delete()]) {
    await expect(act()).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  }
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(token);
});
