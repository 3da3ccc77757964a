import { pino } from 'pino';
import type { Logger as PinoLogger } from 'pino';
import { scrub } from '../../shared/redact.ts';
import type { LogLevel } from './log-level.ts';
import { humanLine } from './log-line.ts';
import type { LogLine } from './log-line.ts';
import { escapeControls } from './plain-text.ts';

/** `log('what happened')` or `log({ sessionId, error }, 'what happened')`. */
export interface LogMethod {
  (message: string): void;
  (facts: object, message: string): void;
}

/**
 * What everybody logs through. Facts under a key that names a secret are hidden, and every finished line passes through
 * `scrub` besides. An error goes under the key `error`. Never log contents of requests or answers.
 */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger that adds `facts` to every line. */
  child(facts: object): Logger;
}

/** Takes finished lines, each with its line break. Must not throw. */
export interface LogSink {
  /** `isUrgent`: a warning or worse, which nobody may lose; every line is unless told otherwise. */
  write(line: string, isUrgent?: boolean): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Gets JSON lines: usually `openLogFile(path)`. */
  readonly destination: LogSink;
  /** Gets the same lines for people to read, e.g. `process.stderr`. */
  readonly human?: { write(line: string): void };
}

const warnLevel = pino.levels.values['warn'] ?? 40;

/** The logger that all others come from. */
export interface RootLogger extends Logger {
  /** From now on, for its children too. */
  setLevel(level: LogLevel): void;
}

export function createLogger({ level, destination, human }: LogOptions): RootLogger {
  const sink = {
    // pino then says in `lastLevel` what level a line has.
    [pino.symbols.needsMetadataGsym]: true,
    lastLevel: 0,
    write(line: string): void {
      const safeLine = escapeControls(scrub(line));
      destination.write(safeLine, sink.lastLevel >= warnLevel);
      human?.write(humanLine(safeLine));
    },
  };
  const root = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: hideSecretFields },
      serializers: { error: describeError, err: describeError },
    },
    sink,
  );
  const family = [root];
  return {
    ...loggerOf(root, family),
    setLevel: (next) => {
      for (const logger of family) logger.level = next;
    },
  };
}

/** pino does not pass the facts of a child through the formatters, so they are hidden here. */
function loggerOf(inner: PinoLogger, family: PinoLogger[]): Logger {
  return {
    trace: inner.trace.bind(inner),
    debug: inner.debug.bind(inner),
    info: inner.info.bind(inner),
    warn: inner.warn.bind(inner),
    error: inner.error.bind(inner),
    fatal: inner.fatal.bind(inner),
    child: (facts) => {
      const child = inner.child(hideSecretFields({ ...facts }));
      family.push(child);
      return loggerOf(child, family);
    },
  };
}

export interface MemoryLogger {
  readonly logger: Logger;
  /** Every line so far, parsed. */
  readonly lines: readonly LogLine[];
  /** Every line so far, as it would stand in the file. */
  text(): string;
}

/** A logger for tests: keeps every line, at the lowest level. */
export function memoryLogger(): MemoryLogger {
  const texts: string[] = [];
  const lines: LogLine[] = [];
  const destination: LogSink = {
    write(line) {
      texts.push(line);
      lines.push(JSON.parse(line) as LogLine);
    },
  };
  return { logger: createLogger({ level: 'trace', destination }), lines, text: () => texts.join('') };
}

/** Names of fields whose values never reach a log, whatever they hold; compared without case, `-` and `_`. */
const secretFields: ReadonlySet<string> = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'cookies',
  'setcookie',
  'apikey',
  'xapikey',
  'adminkey',
  'xadminkey',
  'clientkey',
  'xcompanionkey',
  'xloginsession',
  'jwtsecret',
  'webhooksecret',
  'devicecode',
  'githubtoken',
  'encryptionkey',
  'privatekey',
  'psk',
  'sessionkey',
  'token',
  'authtoken',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'pairingtoken',
  'password',
  'secret',
  'clientsecret',
  'credential',
]);
const deepestLevel = 6;

function hideSecretFields(facts: Record<string, unknown>): Record<string, unknown> {
  return hideIn(facts, 0);
}

function hideIn(facts: object, depth: number): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(facts)) {
    // Defined rather than assigned: `__proto__` is a name like any other in what somebody else sent.
    if (name === '__proto__')
      Object.defineProperty(shown, name, { value: hideValue(name, value, depth), enumerable: true });
    else shown[name] = hideValue(name, value, depth);
  }
  return shown;
}

function hideValue(name: string, value: unknown, depth: number): unknown {
  if (value === null || value === undefined) return value;
  if (isSecretField(name)) return '***';
  return typeof value === 'object' ? hideInside(value, depth + 1) : value;
}

function isSecretField(name: string): boolean {
  const lowerCaseName = name.toLowerCase();
  const hasSeparator = lowerCaseName.includes('_') || lowerCaseName.includes('-');
  return secretFields.has(hasSeparator ? lowerCaseName.replaceAll(/[-_]/g, '') : lowerCaseName);
}

function hideInside(value: unknown, depth: number): unknown {
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  if (depth > deepestLevel) return '…';
  return Array.isArray(value) ? value.map((item) => hideInside(item, depth + 1)) : hideIn(value, depth);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describeError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  return hideIn(pino.stdSerializers.errWithCause(thrown), 0);
}
