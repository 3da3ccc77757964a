/** The token of the GitHub CLI: asked of the program itself, else read from the file in which it may keep it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Secret } from '../../../shared/redact.ts';
import { readFileIfExists } from '../../base/atomic-file.ts';
import type { Logger } from '../../base/log.ts';
import { expandTilde } from '../../config/home.ts';
import { asObject, asText } from '../../wire/hub/fields.ts';

export interface GhOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly platform?: NodeJS.Platform;
}

const patienceMs = 5000;
const longestOutputBytes = 64 * 1024;
const host = 'github.com';
const tokenForm = /^[\x21-\x7e]{10,1000}$/;

/** `undefined` when there is none, or it cannot be had. */
export async function readGhToken(options: GhOptions): Promise<Secret | undefined> {
  const text = (await askProgram(options)) ?? (await readHostsFile(options));
  return text !== undefined && tokenForm.test(text) ? new Secret(text) : undefined;
}

/** The keyring, where it usually rests, is the program's own. */
function askProgram({ environment, logger }: GhOptions): Promise<string | undefined> {
  const limits = { timeout: patienceMs, maxBuffer: longestOutputBytes, encoding: 'utf8' } as const;
  // It must not ask anybody anything, nor colour what it prints; our secrets are none of its business.
  const others = Object.entries(environment).filter(([name]) => !/^(?:CCPROXY_|SECURITY__)/i.test(name));
  const env = { ...Object.fromEntries(others), GH_PROMPT_DISABLED: '1', NO_COLOR: '1' };
  // Windows looks for a program in the working folder first, which may be anybody's.
  const cwd = expandTilde('~', environment);
  return new Promise((resolve) => {
    const child = execFile('gh', ['auth', 'token', '--hostname', host], { ...limits, env, cwd }, (error, stdout) => {
      // The error quotes what was printed, so that it is never logged.
      if (error !== null) logger.debug({ event: 'gh_token_unavailable' }, 'the GitHub CLI gave no token');
      resolve(error === null ? stdout.trim() : undefined);
    });
    child.stdin?.end();
  });
}

/** `github.com: { oauth_token: ... }`, where the person chose to store it plainly. */
async function readHostsFile(options: GhOptions): Promise<string | undefined> {
  const bytes = await readFileIfExists(hostsFile(options)).catch(() => undefined);
  if (bytes === undefined) return undefined;
  try {
    const { parse } = await import('yaml');
    return asText(asObject(asObject(parse(bytes.toString()) as unknown)[host])['oauth_token']);
  } catch {
    return undefined;
  }
}

function hostsFile({ environment, platform = process.platform }: GhOptions): string {
  const { GH_CONFIG_DIR: own, XDG_CONFIG_HOME: config, AppData: appData } = environment;
  if (own !== undefined && own !== '') return join(own, 'hosts.yml');
  if (config !== undefined && config !== '') return join(config, 'gh', 'hosts.yml');
  if (platform === 'win32' && appData !== undefined) return join(appData, 'GitHub CLI', 'hosts.yml');
  return expandTilde('~/.config/gh/hosts.yml', environment);
}
