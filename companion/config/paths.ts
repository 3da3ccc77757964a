import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Every file under the home of the companion, and what its name is derived for outside of it. */
export interface Paths {
  readonly home: string;
  /** 8 hex digits that stand for this home, where names are shared by the whole computer. */
  readonly homeId: string;
  readonly configFile: string;
  /** Where a person may have plain files with API keys, unless the settings name another folder. */
  readonly authFolder: string;
  readonly database: string;
  readonly vault: string;
  readonly vaultKey: string;
  /** Who runs, and where: pid, address. Exists while a companion runs. */
  readonly runFile: string;
  readonly instanceLock: string;
  /** Files that processes lock for a moment, one for each thing that only one of them may change at a time. */
  readonly locks: string;
  readonly logFolder: string;
  readonly log: string;
  /** Unix socket, or a named pipe on Windows. Its folder may lie outside of the home. */
  readonly controlSocket: string;
}

/** What the paths depend on besides the home. */
export interface PathSurroundings {
  readonly platform: NodeJS.Platform;
  readonly temporaryFolder: string;
  /** Numeric user id. */
  readonly user: number;
}

/** Socket addresses are cut off at 104 bytes on macOS, 108 on Linux. */
const longestSocketPathBytes = 100;

export function pathsOf(home: string, surroundings: PathSurroundings = systemSurroundings()): Paths {
  const logFolder = join(home, 'logs');
  return {
    home,
    get homeId() {
      return idOf(home);
    },
    configFile: join(home, 'config.yaml'),
    authFolder: join(home, 'auths'),
    database: join(home, 'companion.db'),
    vault: join(home, 'vault.json'),
    vaultKey: join(home, 'vault.key'),
    runFile: join(home, 'run.json'),
    instanceLock: join(home, 'instance.lock'),
    locks: join(home, 'locks'),
    logFolder,
    log: join(logFolder, 'companion.log'),
    controlSocket: controlSocketOf(home, surroundings),
  };
}

function systemSurroundings(): PathSurroundings {
  return { platform: process.platform, temporaryFolder: tmpdir(), user: userInfo().uid };
}

function controlSocketOf(home: string, surroundings: PathSurroundings): string {
  if (surroundings.platform === 'win32') return `\\\\.\\pipe\\ccproxy-${idOf(home)}`;
  const isShort = (path: string) => Buffer.byteLength(path) <= longestSocketPathBytes;
  const usual = join(home, 'control.sock');
  if (isShort(usual)) return usual;
  const ownFolder = `ccproxy-${surroundings.user}-${idOf(home)}`;
  const shorter = join(surroundings.temporaryFolder, ownFolder, 'control.sock');
  return isShort(shorter) ? shorter : join('/tmp', ownFolder, 'control.sock');
}

/** Loads `node:crypto` only here, where few come by: it would take a fifth of the time of `companion status`. */
function idOf(home: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(home).digest('hex').slice(0, 8);
}
