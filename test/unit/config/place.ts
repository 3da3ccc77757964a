/** Homes with settings in them, and what the loader says about them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { loadConfig } from '../../../companion/config/load.ts';
import type { ConfigInput, LoadedConfig } from '../../../companion/config/load.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

export interface Place {
  readonly home: string;
  readonly cwd: string;
  readonly file: string;
  load(input?: Partial<ConfigInput>): LoadedConfig;
  message(input?: Partial<ConfigInput>): string;
}

/** A home and a current folder of their own, with these files in them. */
export async function place(files: { yaml?: string; dotEnv?: string } = {}): Promise<Place> {
  const root = await temporaryFolder();
  const home = join(root, 'home');
  const cwd = join(root, 'project');
  await Promise.all([mkdir(home), mkdir(cwd)]);
  const file = join(home, 'config.yaml');
  if (files.yaml !== undefined) await writeFile(file, files.yaml);
  if (files.dotEnv !== undefined) await writeFile(join(cwd, '.env'), files.dotEnv);
  const load = (input: Partial<ConfigInput> = {}): LoadedConfig =>
    loadConfig({ cwd, ...input, environment: { CCPROXY_HOME: home, ...input.environment } });
  const message = (input: Partial<ConfigInput> = {}): string => {
    try {
      load(input);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(CompanionError);
      expect(thrown).toMatchObject({ code: 'CONFIG_INVALID', exitCode: 2 });
      return (thrown as CompanionError).message;
    }
    throw new Error('The settings were accepted.');
  };
  return { home, cwd, file, load, message };
}
