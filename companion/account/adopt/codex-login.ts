/** The ChatGPT login, which the companion and the Codex CLI share: what one renews, the other uses. */
import { join, resolve } from 'node:path';
import { watchFile } from '../../base/watch-file.ts';
import { expandTilde } from '../../config/home.ts';
import type { LoginSource } from '../login/login-source.ts';
import { CodexStorage } from './codex-storage.ts';
import type { CodexStorageOptions } from './codex-storage.ts';

export interface CodexSourceOptions extends Omit<CodexStorageOptions, 'home'> {
  /** The setting `codex.home`, which follows `CODEX_HOME`; `~/.codex` unless given. */
  readonly home?: string | undefined;
  isEnabled(): boolean;
}

/** Signing in here writes the same file that `codex login` writes. An item of the keyring cannot be watched. */
export function codexSource({ home, isEnabled, ...options }: CodexSourceOptions): LoginSource {
  const folder = resolve(expandTilde(home ?? '~/.codex', options.environment));
  return {
    provider: 'openai',
    owner: 'codex',
    storage: new CodexStorage({ ...options, home: folder }),
    mayRefresh: true,
    isEnabled,
    watch(onChange) {
      const stops = ['auth.json', 'config.toml'].map((name) => watchFile(join(folder, name), onChange));
      return () => stops.forEach((stop) => stop());
    },
  };
}
