import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CompanionError } from '../../../../companion/base/error.ts';
import { readReadiness } from '../../../../companion/upstream/claude-code/readiness.ts';
import type { ClaudeCodeReadiness } from '../../../../companion/upstream/claude-code/readiness.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const sdk = { file: '/sdk.mjs', version: '0.3.330' };

/** With a program that answers `auth status` so, and ends with the code that Claude Code gives that answer. */
async function readWith(answer: string, exitCode = 0): Promise<ClaudeCodeReadiness> {
  const path = join(await temporaryFolder(), 'claude');
  const ask = '"$1 $2 $3 $4" = "--setting-sources= auth status --json"';
  await writeFile(path, `#!/bin/sh\n[ ${ask} ] || exit 9\necho '${answer}'\nexit ${exitCode}\n`);
  await chmod(path, 0o755);
  return readReadiness({
    findProgram: async () => ({ path, version: '2.1.330' }),
    findSdk: async () => sdk,
    environment: { PATH: process.env['PATH'] },
  });
}

describe.skipIf(process.platform === 'win32')('whether Claude Code could answer', () => {
  test('it could, signed in, with an SDK', async () => {
    const told = { loggedIn: true, authMethod: 'claude.ai', email: 'ada@example.com', subscriptionType: 'max' };
    expect(await readWith(JSON.stringify(told))).toMatchObject({
      program: { version: '2.1.330' },
      sdk,
      signIn: { isSignedIn: true, method: 'claude.ai', email: 'ada@example.com', plan: 'max' },
      troubles: [],
    });
  });

  test('it could not while it is not signed in, and the remedy is to sign in', async () => {
    const { signIn, troubles } = await readWith('{"loggedIn":false,"authMethod":"none"}', 1);
    expect(signIn).toMatchObject({ isSignedIn: false });
    expect(troubles).toMatchObject([
      { message: 'Claude Code is not signed in.', remedy: expect.stringContaining('sign in') },
    ]);
  });

  test.each(['no JSON', '{}', '[]', '{"loggedIn":"yes"}'])(
    'an answer that says nothing (%s) is no trouble',
    async (text) => {
      expect(await readWith(text, 1)).toMatchObject({ signIn: null, troubles: [] });
    },
  );

  test('everything that is missing is named at once', async () => {
    const missing = (what: string) => async () => {
      throw new CompanionError('CLAUDE_CODE_MISSING', `${what} is missing.`, { remedy: `Add ${what}.` });
    };
    const parts = { findProgram: missing('It'), findSdk: missing('The SDK'), environment: {} };
    expect(await readReadiness(parts)).toEqual({
      program: null,
      sdk: null,
      signIn: null,
      troubles: [
        { code: 'CLAUDE_CODE_MISSING', message: 'It is missing.', remedy: 'Add It.' },
        { code: 'CLAUDE_CODE_MISSING', message: 'The SDK is missing.', remedy: 'Add The SDK.' },
      ],
    });
  });
});
