/** `companion start`: opens everything, says where it is and what to paste, and runs until it is stopped. */
import { join } from 'node:path';
import type { CompanionStatus } from '../../../shared/status.ts';
import type { App, AppEvent } from '../../app.ts';
import { ensurePrivateFolder } from '../../base/atomic-file.ts';
import { toCompanionError } from '../../base/error.ts';
import { createLogger } from '../../base/log.ts';
import { openLogFile } from '../../base/log-file.ts';
import { LiveConfig } from '../../config/live-config.ts';
import type { Config, ConfigInput } from '../../config/load.ts';
import { pathsOf } from '../../config/paths.ts';
import { version } from '../../version.ts';
import { keepCompiledCode, saveCompiledCode } from '../compile-cache.ts';
import { findExtensionFolder } from '../extension-folder.ts';
import { lockHome } from '../lock-home.ts';
import { titleOf } from '../login-words.ts';
import { removeRunFile, writeRunFile } from '../run-file.ts';
import { paint, table } from '../print.ts';
import { printable } from '../terminal.ts';
import { formatSettings } from './env.ts';
import { printPairing } from './pair.ts';

/** When nobody waits for the start any more. */
const saveAfterMs = 2_000;

export interface StartOptions {
  readonly json?: true;
  readonly port?: string;
  readonly host?: string;
  /** commander's form of `--no-auth`. */
  readonly auth?: boolean;
  /** commander's form of `--no-secrets`. */
  readonly secrets?: boolean;
  readonly transport?: string;
  readonly vault?: string;
  readonly logLevel?: string;
}

/** Resolves when the companion has stopped. */
export async function start(options: StartOptions): Promise<void> {
  const live = new LiveConfig({ flags: flagsOf(options), environment: process.env, cwd: process.cwd() });
  const { config } = live;
  const paths = pathsOf(config.home);
  await ensurePrivateFolder(paths.home);
  await ensurePrivateFolder(paths.logFolder);
  keepCompiledCode(paths.home);
  const lock = await lockHome(paths);
  const logger = createLogger({ level: config.log.level, destination: openLogFile(paths.log) });
  live.onChange((changed) => void (changed.has('log.level') && logger.setLevel(config.log.level)));
  const stopRequested = Promise.withResolvers<string>();
  listenForSignals(stopRequested.resolve);
  const say =
    options.json === true ? createJsonVoice(options.secrets !== false) : createHumanVoice(options.secrets !== false);
  try {
    // Only now: a second companion has given way before it loads a server.
    const { createApp } = await import('../../app.ts');
    const app = await createApp({
      config,
      live,
      logger,
      onEvent: (event) =>
        event.event === 'stop-requested' ? stopRequested.resolve('companion stop') : say.seat(event),
    });
    try {
      const url = await app.start();
      await writeRunFile(paths.runFile, { pid: process.pid, url, startedAtMs: Date.now(), version });
      logger.info({ url, version }, 'companion started');
      await say.started(url, app, config);
      setTimeout(saveCompiledCode, saveAfterMs).unref();
      const why = await stopRequested.promise;
      logger.info({ why }, 'companion stopping');
      say.stopping(app.service.status().activity.length, config.server.drainSeconds);
    } finally {
      await app.stop();
      removeRunFile(paths.runFile);
    }
    say.stopped();
  } catch (thrown) {
    const error = toCompanionError(thrown);
    logger.error({ code: error.code, error: thrown }, 'companion failed');
    throw thrown;
  } finally {
    lock.release();
  }
}

/** What a person types: started by npm, the command is not on the path, but npx finds it in the checkout. */
function commandName(): string {
  return process.env['npm_lifecycle_event'] === undefined ? 'companion' : 'npx companion';
}

function flagsOf(options: StartOptions): NonNullable<ConfigInput['flags']> {
  return {
    'server.port': options.port,
    'server.host': options.host,
    'security.auth': options.auth === false ? false : undefined,
    'web.transport': options.transport,
    'vault.kind': options.vault,
    'log.level': options.logLevel,
  };
}

/** A second signal ends the process at once: somebody is in a hurry. */
function listenForSignals(stop: (why: string) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      stop(signal);
      process.once(signal, () => process.exit(130));
    });
  }
}

type SeatEvent = Extract<AppEvent, { event: 'seat-online' | 'seat-offline' }>;

interface Voice {
  started(url: string, app: App, config: Config): Promise<void>;
  seat(event: SeatEvent): void;
  stopped(): void;
  stopping(openExchanges: number, drainSeconds: number): void;
}

/** One JSON line an event, the first one `listening`. */
function createJsonVoice(mayTellSecrets: boolean): Voice {
  const line = (event: object) => void process.stdout.write(`${JSON.stringify(event)}\n`);
  return {
    async started(url, app) {
      line({ event: 'listening', url, pid: process.pid });
      for (const notice of app.notices) line({ event: 'notice', message: notice });
      if (app.service.seats().length > 0 || !mayTellSecrets) return;
      const { token, link, expiresAtMs } = await app.service.issuePairing();
      line({ event: 'pairing', token, link, expires_at: new Date(expiresAtMs).toISOString() });
    },
    seat: ({ event, seat }) => line({ event, seat: seat?.id, name: seat?.name }),
    stopped: () => line({ event: 'stopped' }),
    stopping: (openExchanges) => line({ event: 'stopping', open_exchanges: openExchanges }),
  };
}

function createHumanVoice(mayTellSecrets: boolean): Voice {
  const line = (text = '') => void process.stdout.write(`${text}\n`);
  return {
    async started(url, app, config) {
      line();
      line(`${paint.strong('CCProxy Companion')} ${version} is running at ${paint.strong(url)}`);
      line();
      line(table(factsOf(app, config)));
      for (const notice of app.notices) line(`\n${paint.warn('Note:')} ${notice}`);
      if (!mayTellSecrets) return line(`\n${whereSecretsAre}\n`);
      line(
        `\n${paint.strong('Client settings')}, to paste into a shell (\`${commandName()} env\` prints them again):\n`,
      );
      line(indent(formatSettings(app.service.clientSettings(), process.platform === 'win32' ? 'powershell' : 'sh')));
      line();
      if (app.service.seats().length === 0) {
        line(`${paint.strong('No browser is paired yet.')} Load the extension in yours, and pair it.\n`);
        const steps = extensionSteps();
        if (steps !== undefined) line(`${steps}\n`);
        printPairing({ line }, await app.service.issuePairing());
        line();
      }
      line(paint.soft('Ctrl+C stops it.'));
    },
    seat({ event, seat }) {
      const name = seat?.name ?? 'A browser';
      if (event === 'seat-online') line(`${paint.good('Connected:')} ${name}, pair code ${seat?.fingerprint ?? '-'}`);
      else line(paint.soft(`Disconnected: ${name}`));
    },
    stopped: () => line('Stopped.'),
    stopping(openExchanges, drainSeconds) {
      const open = openExchanges === 1 ? 'one open answer' : `${openExchanges} open answers`;
      line(
        openExchanges === 0
          ? '\nStopping ...'
          : `\nStopping; waiting up to ${drainSeconds} s for ${open} (again to stop at once) ...`,
      );
    },
  };
}

const whereSecretsAre =
  'No keys are shown here. `companion env` prints what clients need, `companion\n' +
  'pair` a token for a browser, `companion admin-key` the key that manages it; in\n' +
  'a container: `docker compose exec companion companion env`.';

/** Where the extension is, and where a browser takes it; `undefined` when it was not built. */
function extensionSteps(): string | undefined {
  const chrome = findExtensionFolder('chrome');
  const firefox = findExtensionFolder('firefox');
  if (chrome === undefined || firefox === undefined) return undefined;
  return table([
    ['Chrome, Edge', 'chrome://extensions, Developer mode, Load unpacked:'],
    ['', chrome],
    ['Firefox', 'about:debugging#/runtime/this-firefox, Load Temporary Add-on:'],
    ['', join(firefox, 'manifest.json')],
  ]);
}

function factsOf(app: App, config: Config): readonly (readonly string[])[] {
  const status = app.service.status();
  const sessions = status.sessions.map((session) => session.name).join(', ');
  const online = status.seats.filter((seat) => seat.isOnline).length;
  return [
    ['Secrets', status.vault.location],
    ['API keys', describeKeys(status.keys ?? [])],
    ['Logins', describeLogins(status.logins ?? [])],
    ['Browsers', status.seats.length === 0 ? 'none paired' : `${status.seats.length} paired, ${online} connected`],
    ['Sessions', sessions === '' ? 'none yet' : sessions],
    ...(status.isAuthRequired ? [] : [['Clients', paint.warn('need no key (--no-auth)')]]),
    ['Files', config.home],
  ];
}

function describeKeys(keys: NonNullable<CompanionStatus['keys']>): string {
  if (keys.length === 0) return `none yet: \`${commandName()} keys add <provider>\``;
  return keys.map(({ provider, count }) => (count === 1 ? provider : `${provider} (${count})`)).join(', ');
}

function describeLogins(logins: NonNullable<CompanionStatus['logins']>): string {
  const used = logins.filter(({ state }) => state !== 'off');
  if (used.length === 0) return `none yet: \`${commandName()} auth login\` or \`auth login-openai\``;
  return used.map((login) => `${titleOf(login.provider)} (${printable(login.name)})`).join(', ');
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
