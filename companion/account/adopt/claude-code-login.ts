/** The login of the user's own Claude Code, as it is at any moment. */
import { watchFile } from '../../base/watch-file.ts';
import { expandTilde } from '../../config/home.ts';
import type { LoginSource } from '../login/login-source.ts';
import { claudeCodePlaces } from './claude-code-places.ts';
import { ClaudeCodeStorage } from './claude-code-storage.ts';
import type { ClaudeCodeStorageOptions } from './claude-code-storage.ts';

export interface ClaudeCodeSourceOptions extends ClaudeCodeStorageOptions {
  readonly platform?: NodeJS.Platform;
}

/** Claude Code renews its token when it next runs; a file that changes is then read again at once. */
export function claudeCodeSource({ platform = process.platform, ...options }: ClaudeCodeSourceOptions): LoginSource {
  const places = claudeCodePlaces(options.environment, platform);
  const keychainFile = expandTilde('~/Library/Keychains/login.keychain-db', options.environment);
  const watched = [...places.credentialFiles, ...(platform === 'darwin' ? [keychainFile] : [])];
  return {
    provider: 'anthropic',
    owner: 'claude-code',
    storage: new ClaudeCodeStorage(places, options),
    mayRefresh: false,
    renewRemedy: 'Run `claude` once: it renews its login by itself, and the companion sees that at once.',
    isEnabled: () => options.isEnabled(),
    watch(onChange) {
      const stops = watched.map((path) => watchFile(path, onChange));
      return () => stops.forEach((stop) => stop());
    },
  };
}
