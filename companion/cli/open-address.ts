/** Opens a page in the person's own browser, where there is one. */
import { spawn } from 'node:child_process';

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

type Program = readonly [file: string, ...args: string[]];

const thisComputer: Surroundings = { platform: process.platform, environment: process.env };

/** `false` when there is no browser to open it in, or none of the programs for that is there. */
export async function openAddress(address: string, surroundings: Surroundings = thisComputer): Promise<boolean> {
  if (!mayOpen(address)) return false;
  for (const program of openersOf(surroundings)) {
    if (await starts(program, address)) return true;
  }
  return false;
}

/** Https, or a page of this computer: whatever else an address says could start another program. */
export function mayOpen(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}

/** The person sits at another computer, whose browser we cannot open. */
export function isRemote({ environment }: Surroundings = thisComputer): boolean {
  return ['SSH_CONNECTION', 'SSH_CLIENT', 'SSH_TTY'].some((name) => Boolean(environment[name]));
}

/** What may open a page, the best first. None goes through a shell, to which the `&` of an address means something. */
export function openersOf(surroundings: Surroundings): readonly Program[] {
  const { platform, environment } = surroundings;
  if (isRemote(surroundings)) return [];
  if (platform === 'darwin') return [['open']];
  if (platform === 'win32') return [['rundll32.exe', 'url.dll,FileProtocolHandler']];
  if (environment['WSL_DISTRO_NAME']) return [['wslview'], ['rundll32.exe', 'url.dll,FileProtocolHandler']];
  return environment['DISPLAY'] || environment['WAYLAND_DISPLAY'] ? [['xdg-open']] : [];
}

function starts([file, ...args]: Program, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args, address], { detached: true, stdio: 'ignore', shell: false });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
