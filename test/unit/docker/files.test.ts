/** What the container is made of: no engine runs here, so the files are held to the sources and to each other. */
import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../../companion/config/schema.ts';
import packageJson from '../../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..', '..', '..');
const textOf = (name: string) => readFileSync(join(root, name), 'utf8');
const instructions = textOf('Dockerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line));
const argumentsOf = (name: string) =>
  instructions.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1).trim()] : []));

describe('the image', () => {
  const copies = argumentsOf('COPY').map((line) => line.split(/\s+/));

  it('GO-14: is built from files that are there, and that the build gets to see', () => {
    const ignored = textOf('.dockerignore').split('\n');
    const sources = copies.filter(([first]) => !first?.startsWith('--')).flatMap((words) => words.slice(0, -1));
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      expect(existsSync(join(root, source)), source).toBe(true);
      expect(ignored, source).toContain(`!${source.split('/')[0]}`);
    }
    expect(ignored[1]).toBe('*');
  });

  it('takes from the build what the build makes', () => {
    const built = copies.filter(([first]) => first === '--from=build').flatMap((words) => words.slice(1, -1));
    expect(built.toSorted()).toEqual([
      '/source/dist/THIRD-PARTY-NOTICES',
      '/source/dist/companion',
      '/source/dist/package.json',
    ]);
  });

  it('runs a Node that the companion takes, as a user without rights, and keeps everything in one volume', () => {
    const [least = 0] = /\d+/.exec(packageJson.engines.node)?.map(Number) ?? [];
    for (const base of argumentsOf('FROM')) expect(Number(/^node:(\d+)-slim/.exec(base)?.[1])).toBeGreaterThan(least);
    expect(argumentsOf('USER')).toEqual(['node']);
    expect(argumentsOf('VOLUME')).toEqual(['/data']);
    expect(argumentsOf('EXPOSE')).toEqual(['8000']);
    expect(argumentsOf('ENV').join(' ')).toContain('CCPROXY_HOME=/data CCPROXY_HOST=0.0.0.0');
  });

  it('has neither a key nor a setting that switches keys off', () => {
    const all = [textOf('Dockerfile'), textOf('compose.yaml'), textOf('Makefile')].join('\n');
    expect(all).not.toMatch(/--no-auth|CCPROXY_SECURITY_AUTH|sk-ant|ccpk_/);
    expect(argumentsOf('CMD')).toEqual(['["start", "--no-secrets"]']);
  });
});

describe('compose.yaml', () => {
  const { services, volumes } = parse(textOf('compose.yaml')) as {
    services: { companion: Record<string, unknown> };
    volumes: object;
  };

  it('GO-14: publishes the port on this computer only, under the same number, and gives no more rights than needed', () => {
    expect(services.companion['ports']).toEqual([
      '127.0.0.1:${CCPROXY_SERVER_PORT:-8000}:${CCPROXY_SERVER_PORT:-8000}',
    ]);
    expect(services.companion).toMatchObject({ read_only: true, init: true, cap_drop: ['ALL'] });
    expect(Object.keys(volumes)).toEqual(['data']);
  });
});

describe('.env.example', () => {
  it('GO-2: names settings that there are, those of the Go program among them, and gives no secret away', () => {
    const values = parseEnv(textOf('.env.example'));
    const known = new Set(settings.flatMap(({ environment }) => environment));
    const names = Object.keys(values);
    for (const name of names) expect(known, name).toContain(name);
    for (const name of ['JWT_SECRET', 'ADMIN_KEY', 'CLAUDE_API_KEYS', 'SERVER_PORT', 'SERVER_MODE', 'STORAGE_DB_PATH'])
      expect(names).toContain(`CCPROXY_${name}`);
    const secrets = settings.filter(({ isSecret }) => isSecret).flatMap(({ environment }) => environment);
    for (const name of secrets) expect(values[name] ?? '', name).toBe('');
  });
});

describe('the Makefile', () => {
  const make = (target: string, ...given: readonly string[]) =>
    spawnSync('make', ['-n', target, ...given], { cwd: root, encoding: 'utf8' });

  it.skipIf(make('docker-build').error !== undefined)('GO-14: builds, runs, logs, stops and pushes', () => {
    expect(make('docker-build').stdout).toContain('docker build -t ccproxy-companion:latest .');
    expect(make('docker-run').stdout).toContain('-p 127.0.0.1:');
    expect(make('docker-logs').stdout).toContain('docker logs -f');
    expect(make('docker-stop').stdout).toContain('docker stop');
    expect(make('docker-push', 'DOCKER_REGISTRY=r.example/t').stdout).toContain(
      'docker push r.example/t/ccproxy-companion',
    );
    expect(make('docker-push').stderr).toContain('Set DOCKER_REGISTRY');
  });
});
