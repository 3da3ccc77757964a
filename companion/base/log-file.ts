import { closeSync, fchmodSync, fstatSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs';
import type { LogSink } from './log.ts';

const defaultLimitBytes = 5 * 1024 * 1024;
const keptFiles = 3;
/** A line that is not urgent waits for others for so long, or until there is so much of them. */
const longestWaitMs = 100;
const mostWaiting = 64 * 1024;
/** Bytes of UTF-8 for a unit of UTF-16. */
const longestCharacter = 3;

export interface LogFile extends LogSink {
  /** Lines that could not be written since the file was opened, for example because the disk was full. */
  readonly droppedLines: number;
  close(): void;
}

/**
 * Appends lines to `path` (0600) and moves it to `path.1` ... `path.3` whenever it would grow beyond `limitBytes`, so the
 * whole never takes more than four times that. Never throws: what cannot be written is dropped, counted, and the count is
 * written as a line of its own once there is room again. Lines that are not urgent are written together a moment later: a
 * process that is killed loses those of the last tenth of a second, one that stops or crashes loses none.
 */
export function openLogFile(path: string, limitBytes = defaultLimitBytes): LogFile {
  return new RotatingFile(path, limitBytes);
}

/** Writes synchronously, at the latest when the process exits: the last line before a crash is the one that matters. */
class RotatingFile implements LogFile {
  readonly #path: string;
  readonly #limitBytes: number;
  #descriptor: number | undefined;
  #sizeBytes = 0;
  #dropped = 0;
  #reportedDropped = 0;
  #isClosed = false;
  #waiting: string[] = [];
  #waitingLength = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, limitBytes: number) {
    this.#path = path;
    this.#limitBytes = limitBytes;
  }

  get droppedLines(): number {
    return this.#dropped;
  }

  write(line: string, isUrgent = true): void {
    if (this.#isClosed) return;
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    if (isUrgent || this.#waitingLength >= mostWaiting) this.#flush();
    else if (this.#timer === undefined) this.#flushLater();
  }

  close(): void {
    this.#flush();
    this.#isClosed = true;
    this.#closeDescriptor();
  }

  #flushLater(): void {
    this.#timer = setTimeout(this.#flush, longestWaitMs).unref();
    process.once('exit', this.#flush);
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    process.removeListener('exit', this.#flush);
    const lines = this.#waiting;
    const fits = this.#sizeBytes + this.#waitingLength * longestCharacter <= this.#limitBytes;
    this.#waiting = [];
    this.#waitingLength = 0;
    // Where the file may have to be moved in the middle of them, one by one.
    if (fits) this.#writeLines(lines.join(''), lines.length);
    else for (const line of lines) this.#writeLines(line, 1);
  };

  #writeLines(text: string, count: number): void {
    if (count === 0) return;
    try {
      this.#append(this.#dropReport() + text);
      this.#reportedDropped = this.#dropped;
    } catch {
      this.#dropped += count;
    }
  }

  #append(text: string): void {
    const bytes = Buffer.from(text);
    const descriptor = this.#roomFor(bytes.length);
    const written = writeSync(descriptor, bytes);
    if (written < bytes.length) {
      // A full disk takes the first part of a line; half a line would spoil the next one too.
      ftruncateSync(descriptor, this.#sizeBytes);
      throw new Error('short write');
    }
    this.#sizeBytes += written;
  }

  #roomFor(bytes: number): number {
    const descriptor = this.#descriptor ?? this.#open();
    if (this.#sizeBytes === 0 || this.#sizeBytes + bytes <= this.#limitBytes) return descriptor;
    this.#rotate();
    return this.#open();
  }

  #open(): number {
    const descriptor = openSync(this.#path, 'a', 0o600);
    this.#descriptor = descriptor;
    const facts = fstatSync(descriptor);
    if (process.platform !== 'win32' && (facts.mode & 0o077) !== 0) fchmodSync(descriptor, 0o600);
    this.#sizeBytes = facts.size;
    return descriptor;
  }

  #rotate(): void {
    this.#closeDescriptor();
    for (let number = keptFiles; number > 0; number -= 1) {
      const from = number === 1 ? this.#path : `${this.#path}.${number - 1}`;
      renameIfExists(from, `${this.#path}.${number}`);
    }
  }

  #closeDescriptor(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    try {
      closeSync(descriptor);
    } catch {
      // Some file systems report a full disk only here; the lines are lost either way.
    }
  }

  #dropReport(): string {
    const count = this.#dropped - this.#reportedDropped;
    if (count === 0) return '';
    const report = { level: 'warn', time: new Date().toISOString(), droppedLines: count };
    return `${JSON.stringify({ ...report, msg: `${count} log lines could not be written` })}\n`;
  }
}

function renameIfExists(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
  }
}
