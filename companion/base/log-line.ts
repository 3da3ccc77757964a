import type { LogLevel } from './log-level.ts';
import { escapeControls } from './plain-text.ts';

export interface LogLine {
  readonly level: LogLevel;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly msg: string;
  readonly [fact: string]: unknown;
}

/**
 * A JSON log line as a person reads it: `12:03:04 warn  The vault is a file. reason="no session bus"`. A line that is no
 * JSON stays as it is. Ends with a line break.
 */
export function humanLine(line: string): string {
  const parsed = parseLine(line);
  if (parsed === undefined) return line.endsWith('\n') ? line : `${line}\n`;
  const { level, time, msg, ...facts } = parsed;
  const words = Object.entries(facts).map(([name, value]) => `${name}=${humanValue(value)}`);
  // Parsed, the message has its line breaks and escapes again.
  const plainMessage = msg.replaceAll(/\p{Cc}/gu, ' ');
  return `${[time.slice(11, 19), level.padEnd(5), plainMessage, ...words].map(escapeControls).join(' ')}\n`;
}

/** `undefined` for what is no log line, such as the torn end of a file after a power cut. */
function parseLine(line: string): LogLine | undefined {
  try {
    const parsed = JSON.parse(line) as LogLine | null;
    return typeof parsed?.time === 'string' && typeof parsed.level === 'string' ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function humanValue(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message);
  return JSON.stringify(value);
}
