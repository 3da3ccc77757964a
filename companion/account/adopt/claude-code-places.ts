/** Where Claude Code may keep its login, and what it knows of its account; told from the environment alone. */
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { expandTilde } from '../../config/home.ts';
import { digestOf } from '../login/login-facts.ts';
import type { KeychainItem } from './macos-keychain.ts';

export const claudeCodeTokenVariable = 'CLAUDE_CODE_OAUTH_TOKEN';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ClaudeCodePlaces {
  /** The first is that of today; the others had their time, or are of other systems. */
  readonly credentialFiles: readonly string[];
  /** macOS only. */
  readonly keychainItem: KeychainItem | undefined;
  /** The first that has something in it tells whose login it is. */
  readonly identityFiles: readonly string[];
}

export function claudeCodePlaces(environment: Environment, platform: NodeJS.Platform): ClaudeCodePlaces {
  const at = (...parts: readonly string[]) => join(expandTilde('~', environment), ...parts);
  const moved = environment['CLAUDE_CONFIG_DIR'] || undefined;
  const folder = moved === undefined ? at('.claude') : resolve(expandTilde(moved, environment));
  return {
    credentialFiles: [
      join(folder, '.credentials.json'),
      at('.claude', 'credentials.json'),
      at('.config', 'claude', 'credentials.json'),
    ],
    keychainItem: platform === 'darwin' ? keychainItem(environment, moved) : undefined,
    identityFiles: [join(folder, '.config.json'), join(moved === undefined ? at() : folder, '.claude.json')],
  };
}

/** With a folder of its own each has an item of its own, so that two of them do not share a login. */
function keychainItem(environment: Environment, moved: string | undefined): KeychainItem {
  const suffix = moved === undefined ? '' : `-${digestOf(moved.normalize('NFC')).slice(0, 8)}`;
  return { service: `Claude Code-credentials${suffix}`, account: userName(environment) };
}

/** Another item of that service may hold other things, so the account has to be named as Claude Code names it. */
function userName(environment: Environment): string {
  const name = environment['USER'] || systemUserName();
  return name !== undefined && /^[A-Za-z0-9._-]+$/.test(name) ? name : 'claude-code-user';
}

function systemUserName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
