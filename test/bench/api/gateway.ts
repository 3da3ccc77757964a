/** What stands between the load and the provider: nothing, nginx, the companion as it is published, or another gateway. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTemporaryHome } from '../../support/temporary-home.ts';
import { companionProgram } from '../compiled.ts';
import type { Target } from '../process/load.ts';
import { measuredCore, pin } from './system.ts';

export interface Gateway {
  readonly name: string;
  /** Anthropic's Messages. */
  readonly messages: Target;
  /** Chat Completions, for what the provider's own wire is not. */
  readonly chat?: Target;
  /** Of the one process that does the work; `undefined` for none at all. */
  readonly pid: number | undefined;
  close(): Promise<void>;
}

/** `Opened`, or the words why it is not there. */
export type Opened = Gateway | string;

export const clientKey = 'bench-client-key-0123456789';
const providerKey = 'sk-ant-bench-0123456789abcdef';
const otherGateways = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.bench', 'gateways');
const pinnedPackages = { '@portkey-ai/gateway': '1.15.2', '@musistudio/claude-code-router': '2.0.0' } as const;

export function openDirect(providerPort: number): Gateway {
  const messages = { port: providerPort, path: '/v1/messages', headers: { 'x-api-key': providerKey } };
  return { name: 'nothing', messages, pid: undefined, close: () => Promise.resolve() };
}

/** The least that a proxy can cost: no buffering, no log, connections kept. */
export async function openNginx(providerPort: number): Promise<Opened> {
  const version = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  if (version.status !== 0) return 'nginx is not installed (Debian: nginx-light)';
  const folder = await createTemporaryHome();
  const port = await freePort();
  const settings = join(folder.path, 'nginx.conf');
  writeFileSync(settings, nginxSettings(folder.path, port, providerPort));
  const child = start('nginx', ['-p', folder.path, '-c', settings, '-e', 'stderr'], {});
  const messages = { port, path: '/v1/messages', headers: { 'x-api-key': providerKey } };
  return ready({ name: `nginx ${version.stderr.trim().split('/')[1] ?? ''}`, child, port, messages }, folder.remove);
}

function nginxSettings(folder: string, port: number, providerPort: number): string {
  return `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off; client_max_body_size 64m; keepalive_requests 10000000; keepalive_timeout 600s;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream provider { server 127.0.0.1:${providerPort}; keepalive 256; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 600s;
    }
  }
}
`;
}

/** How a companion knows the bench's provider, and the bench the companion. */
export function providerEnvironment(providerPort: number): Readonly<Record<string, string>> {
  return {
    SECURITY__AUTH_TOKEN: clientKey,
    CCPROXY_UPSTREAM_ANTHROPIC: `http://127.0.0.1:${providerPort}`,
    CCPROXY_CLAUDE_API_KEYS: providerKey,
  };
}

/** Compiled, started by its command, with key check, ledger and log. */
export async function openCompanion(providerPort: number): Promise<Gateway> {
  const home = await createTemporaryHome();
  const paths = { HOME: home.path, CCPROXY_HOME: home.path, CCPROXY_VAULT: 'file' };
  const environment = { ...paths, ...providerEnvironment(providerPort) };
  const nodeOptions = (process.env['BENCH_COMPANION_NODE'] ?? '').split(' ').filter((option) => option !== '');
  const args = [...nodeOptions, companionProgram, 'start', '--port', '0', '--json'];
  const child = start(process.execPath, args, { cwd: home.path, env: environment });
  const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [string];
  const port = Number(new URL((JSON.parse(line) as { readonly url: string }).url).port);
  pin(child.pid, measuredCore);
  const headers = { 'x-api-key': clientKey };
  const messages = { port, path: '/v1/messages', headers };
  const chat = { port, path: '/v1/chat/completions', headers };
  return { name: 'companion', messages, chat, pid: child.pid, close: () => closeChild(child, home.remove) };
}

export async function openPortkey(providerPort: number): Promise<Opened> {
  const trouble = installOthers();
  if (trouble !== undefined) return `Portkey: ${trouble}`;
  const port = await freePort();
  const program = join(otherGateways, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');
  const child = start(process.execPath, [program, `--port=${port}`, '--headless'], {
    env: { NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' },
  });
  const headers = {
    'x-api-key': providerKey,
    authorization: `Bearer ${providerKey}`,
    'x-portkey-provider': 'anthropic',
    'x-portkey-custom-host': `http://127.0.0.1:${providerPort}/v1`,
  };
  const messages = { port, path: '/v1/messages', headers };
  return ready({ name: `Portkey ${pinnedPackages['@portkey-ai/gateway']}`, child, port, messages });
}

export async function openClaudeCodeRouter(providerPort: number): Promise<Opened> {
  const trouble = installOthers();
  if (trouble !== undefined) return `claude-code-router: ${trouble}`;
  const home = await createTemporaryHome();
  const port = await freePort();
  mkdirSync(join(home.path, '.claude-code-router'));
  const provider = {
    name: 'bench',
    api_base_url: `http://127.0.0.1:${providerPort}/v1/messages`,
    api_key: providerKey,
    models: ['claude-sonnet-5'],
    transformer: { use: ['Anthropic'] },
  };
  const settings = { PORT: port, LOG: false, Providers: [provider], Router: { default: 'bench,claude-sonnet-5' } };
  writeFileSync(join(home.path, '.claude-code-router', 'config.json'), JSON.stringify(settings));
  const folder = join(otherGateways, 'node_modules', '@musistudio', 'claude-code-router');
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
  };
  const program = join(folder, bin['ccr'] ?? Object.values(bin)[0] ?? '');
  const child = start(process.execPath, [program, 'start'], { env: { HOME: home.path, SERVICE_PORT: String(port) } });
  const messages = { port, path: '/v1/messages', headers: { 'x-api-key': providerKey } };
  const name = `claude-code-router ${pinnedPackages['@musistudio/claude-code-router']}`;
  return ready({ name, child, port, messages }, home.remove);
}

/** Beside the checkout's own dependencies, once. The words why not, without a network. */
function installOthers(): string | undefined {
  const wanted = Object.entries(pinnedPackages).map(([name, version]) => `${name}@${version}`);
  if (Object.keys(pinnedPackages).every((name) => existsSync(join(otherGateways, 'node_modules', name)))) return;
  mkdirSync(otherGateways, { recursive: true });
  writeFileSync(join(otherGateways, 'package.json'), '{"private":true}\n');
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', ['install', ...flags, ...wanted], {
    cwd: otherGateways,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 120_000,
  });
  return status === 0 ? undefined : 'npm could not install it';
}

function start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const env = { PATH: process.env['PATH'], ...options.env };
  return spawn(program, args, { ...options, env, stdio: ['ignore', 'pipe', 'inherit'] });
}

interface Starting extends Pick<Gateway, 'name' | 'messages'> {
  readonly child: ChildProcess;
  readonly port: number;
}

async function ready({ name, child, port, messages }: Starting, cleanUp?: () => Promise<void>): Promise<Opened> {
  child.stdout?.resume();
  const close = () => closeChild(child, cleanUp);
  for (let waited = 0; waited < 15_000; waited += 50) {
    if (child.exitCode !== null) break;
    if (await isListening(port)) {
      pin(child.pid, measuredCore);
      return { name, messages, pid: child.pid, close };
    }
    await sleep(50);
  }
  await close();
  return `${name} did not start`;
}

async function isListening(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}

async function closeChild(child: ChildProcess, cleanUp: (() => Promise<void>) | undefined): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await closed;
    clearTimeout(timer);
  }
  await cleanUp?.();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
