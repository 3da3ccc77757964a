import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findAgentSdk, loadAgentSdk } from '../../../../companion/upstream/claude-code/agent-sdk.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const packageFolder = join('node_modules', '@anthropic-ai', 'claude-agent-sdk');

/** One whose answer names its place. */
async function installSdk(place: string, version = '0.3.330', code?: string): Promise<string> {
  const folder = join(place, packageFolder);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ version, type: 'module', main: 'sdk.mjs' }));
  const file = join(folder, 'sdk.mjs');
  await writeFile(file, code ?? `export const query = () => ${JSON.stringify(place)};\n`);
  return file;
}

/** A checkout with the program's file deep in it, and a home beside it. */
async function openPlaces() {
  const root = await temporaryFolder();
  const checkout = join(root, 'checkout');
  const [source, bundle] = [
    join(checkout, 'companion', 'upstream', 'claude-code'),
    join(checkout, 'dist', 'companion', 'chunk'),
  ];
  return { checkout, source, bundle, added: join(checkout, 'node_modules', '.agent-sdk'), home: join(root, 'home') };
}

describe('the Agent SDK', () => {
  test('that is not installed is missing, and the remedy is a command that adds it', async () => {
    const { home, source } = await openPlaces();
    await expect(loadAgentSdk(home, source)).rejects.toMatchObject({
      code: 'CLAUDE_CODE_MISSING',
      remedy: expect.stringContaining(`npm install --prefix "${join(home, 'agent-sdk')}" --omit=optional`),
    });
  });

  test('is found in the home where that command puts it', async () => {
    const { home, source } = await openPlaces();
    await installSdk(join(home, 'agent-sdk'));
    const sdk = await loadAgentSdk(home, source);
    expect(sdk.query({} as never)).toBe(join(home, 'agent-sdk'));
  });

  test('is found where a start of the checkout puts it, from the sources and from the bundle', async () => {
    const { home, source, bundle, added } = await openPlaces();
    await installSdk(join(home, 'agent-sdk'));
    const file = await installSdk(added);
    for (const from of [source, bundle]) {
      expect(await findAgentSdk(home, from)).toEqual({ file, version: '0.3.330' });
    }
  });

  test('beside the program comes before any other', async () => {
    const { home, source, added, checkout } = await openPlaces();
    await installSdk(added);
    const file = await installSdk(checkout, '0.4.1');
    expect(await findAgentSdk(home, source)).toEqual({ file, version: '0.4.1' });
  });

  test('that is too old is passed over, and named where there is no other', async () => {
    const { home, source, added } = await openPlaces();
    await installSdk(added, '0.3.283');
    await expect(findAgentSdk(home, source)).rejects.toMatchObject({
      code: 'CLAUDE_CODE_FAILED',
      message: expect.stringContaining(`0.3.283 in ${join(added, packageFolder)}`),
      remedy: expect.stringContaining('claude-agent-sdk@0.3`'),
    });
    await installSdk(join(home, 'agent-sdk'), '0.3.284');
    expect((await findAgentSdk(home, source)).version).toBe('0.3.284');
  });

  test('that is damaged says where it is', async () => {
    const { home, source, added } = await openPlaces();
    await installSdk(added, '0.3.330', "import 'not-there';\n");
    await expect(loadAgentSdk(home, source)).rejects.toMatchObject({
      code: 'CLAUDE_CODE_FAILED',
      message: expect.stringContaining(added),
    });
  });
});
