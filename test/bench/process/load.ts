/** The load: keep-alive connections over bare sockets, one request at a time on each, in a process of its own. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { MessageReader } from '../api/message-reader.ts';
import { nowUs, readStamps } from '../api/moment.ts';
import { serveCommands } from '../child.ts';
import { quantile } from '../measure.ts';

/** Where to, and what with. */
export interface Target {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Ask {
  readonly target: Target;
  /** About so long is the request. */
  readonly bytes: number;
  readonly isStream: boolean;
}

interface Call {
  onData?: ((bytes: Buffer) => void) | undefined;
  readonly done: (error?: Error) => void;
}

/** A connection that is used again and again. */
class Line {
  readonly socket: Socket;
  #call: Call | undefined;
  #status = '';
  #errorText = '';

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const reader = new MessageReader({
      onHead: (head) => (this.#status = head.slice(9, 12)),
      onData: (bytes) => {
        if (this.#status !== '200') this.#errorText += bytes.toString('latin1', 0, 300);
        else this.#call?.onData?.(bytes);
      },
      onEnd: () => this.#end(this.#status === '200' ? undefined : new Error(`${this.#status} ${this.#errorText}`)),
    });
    this.socket.on('data', (chunk) => reader.push(chunk));
    this.socket.on('error', (error) => this.#end(error));
    this.socket.on('close', () => this.#end(new Error('the connection was closed')));
  }

  ask(request: Buffer, call: Call): void {
    this.#call = call;
    this.socket.write(request);
  }

  #end(error?: Error): void {
    const call = this.#call;
    this.#call = undefined;
    call?.done(error);
  }
}

const idle = new Map<number, Line[]>();

function takeLine(port: number): Line {
  for (let line = idle.get(port)?.pop(); line !== undefined; line = idle.get(port)?.pop()) {
    if (!line.socket.destroyed) return line;
  }
  return new Line(port);
}

function giveBack(port: number, line: Line): void {
  const lines = idle.get(port);
  if (lines === undefined) idle.set(port, [line]);
  else lines.push(line);
}

const requests = new Map<string, Buffer>();

/** Made once: what the load costs must not depend on the size. */
function requestOf({ target, bytes, isStream }: Ask): Buffer {
  const key = JSON.stringify([target, bytes, isStream]);
  const known = requests.get(key);
  if (known !== undefined) return known;
  const frame = { model: 'claude-sonnet-5', max_tokens: 1000, stream: isStream };
  const sentence = 'All work and no play makes Jack a dull boy. ';
  const text = sentence.repeat(Math.max(1, Math.round((bytes - 120) / sentence.length)));
  const body = JSON.stringify({ ...frame, messages: [{ role: 'user', content: text }] });
  const headers = {
    host: `127.0.0.1:${target.port}`,
    'content-type': 'application/json',
    'anthropic-version': '2023-06-01',
    'user-agent': 'bench/1.0',
    ...target.headers,
    'content-length': String(body.length),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = Buffer.from(`POST ${target.path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  requests.set(key, request);
  return request;
}

function askOver(line: Line, request: Buffer, onData?: (bytes: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    line.ask(request, { onData, done: (error) => (error === undefined ? resolve() : reject(error)) });
  });
}

/** Milliseconds until the whole answer is there. */
async function once(ask: Ask): Promise<number> {
  const line = takeLine(ask.target.port);
  const request = requestOf(ask);
  const startedAtUs = nowUs();
  await askOver(line, request);
  const tookMs = (nowUs() - startedAtUs) / 1000;
  giveBack(ask.target.port, line);
  return tookMs;
}

/** One after the other on each of `connections`, for `forMs`. */
async function hammer({ ask, connections, forMs }: { ask: Ask; connections: number; forMs: number }) {
  const request = requestOf(ask);
  const startedAtUs = nowUs();
  const untilUs = startedAtUs + forMs * 1000;
  let count = 0;
  const work = async () => {
    const line = takeLine(ask.target.port);
    while (nowUs() < untilUs) {
      await askOver(line, request);
      count += 1;
    }
    giveBack(ask.target.port, line);
  };
  await Promise.all(Array.from({ length: connections }, work));
  return { count, perSecond: (count * 1e6) / (nowUs() - startedAtUs) };
}

/** So many streams at once, each to its end: how many words came, and how long they were under way. */
async function stream({ ask, streams }: { ask: Ask; streams: number }) {
  const request = requestOf({ ...ask, isStream: true });
  const delays: number[] = [];
  const read = async () => {
    const line = takeLine(ask.target.port);
    await askOver(line, request, (bytes) => {
      const atUs = nowUs();
      for (const stampUs of readStamps(bytes.toString('latin1'))) delays.push((atUs - stampUs) / 1000);
    });
    giveBack(ask.target.port, line);
  };
  await Promise.all(Array.from({ length: streams }, read));
  return { words: delays.length, delayMs: quantile(delays, 0.5) };
}

const held: Line[] = [];

/** Opens streams that stay open; resolves when each has shown a word. */
async function holdStreams({ ask, count }: { ask: Ask; count: number }): Promise<void> {
  const request = requestOf({ ...ask, isStream: true });
  const hold = () =>
    new Promise<void>((resolve, reject) => {
      const line = new Line(ask.target.port);
      held.push(line);
      const onData = (bytes: Buffer) => void (bytes.includes('t=') && resolve());
      line.ask(request, { onData, done: (error) => reject(error ?? new Error('the stream ended')) });
    });
  await Promise.all(Array.from({ length: count }, hold));
}

/** Opens connections that have been used once and wait for their next request. */
async function holdConnections({ ask, count }: { ask: Ask; count: number }): Promise<void> {
  const request = requestOf(ask);
  for (let index = 0; index < count; index += 1) {
    const line = new Line(ask.target.port);
    held.push(line);
    await askOver(line, request);
  }
}

function release(): void {
  for (const line of held.splice(0)) line.socket.destroy();
}

/** Asks on a connection of its own; `leave` hangs up. Resolves when the first word is there, or the request is written. */
async function begin({ ask, waitsForWord }: { ask: Ask; waitsForWord: boolean }): Promise<void> {
  if (waitsForWord) return holdStreams({ ask, count: 1 });
  const line = new Line(ask.target.port);
  held.push(line);
  line.ask(requestOf({ ...ask, isStream: true }), { done: () => undefined });
}

/** The moment of hanging up, in microseconds of the machine's steady clock. */
function leave(): number {
  const atUs = nowUs();
  release();
  return atUs;
}

const commands = { pid: () => process.pid, once, hammer, stream, holdStreams, holdConnections, release, begin, leave };
export type LoadCommands = typeof commands;
serveCommands(commands);
