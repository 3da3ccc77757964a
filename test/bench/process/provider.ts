/**
 * A provider that costs next to nothing: fixed answers in Anthropic's form over bare sockets, and the moments at which it
 * was left. It checks nothing; the stand-ins of the tests do.
 */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { MessageReader } from '../api/message-reader.ts';
import { nowUs, stampText } from '../api/moment.ts';
import { serveCommands } from '../child.ts';

/** What every request for an answer gets, whatever it asks. */
export type Part =
  | { readonly kind: 'message' }
  /** One word every `delayMs`, each with its moment. */
  | { readonly kind: 'stream'; readonly events: number; readonly delayMs: number }
  /** The head and so many events, and never more. */
  | { readonly kind: 'hang'; readonly events: number }
  /** Nothing, ever. */
  | { readonly kind: 'silence' };

const limits = ['requests', 'input-tokens', 'output-tokens']
  .map((what) =>
    [
      `anthropic-ratelimit-${what}-limit: 4000`,
      `anthropic-ratelimit-${what}-remaining: 3999`,
      `anthropic-ratelimit-${what}-reset: 2030-01-01T00:00:00Z`,
    ].join('\r\n'),
  )
  .join('\r\n');

/** Headers as the real one sends them: a gateway reads or copies them all. */
const common = `date: Sun, 22 Nov 2026 00:00:00 GMT\r\nrequest-id: req_bench\r\n${limits}\r\nserver: bench\r\n`;

const usage = {
  input_tokens: 250,
  output_tokens: 190,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
};
const facts = { id: 'msg_bench', type: 'message', role: 'assistant', model: 'claude-sonnet-5' };

const message = answerOf({
  ...facts,
  content: [{ type: 'text', text: 'All work and no play. '.repeat(35) }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage,
});
const models = answerOf({
  data: [{ type: 'model', id: 'claude-sonnet-5', display_name: 'Sonnet', created_at: '2026-01-01T00:00:00Z' }],
  has_more: false,
});

const streamHead = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n${common}transfer-encoding: chunked\r\n\r\n`;
const opening = [
  eventOf({ type: 'message_start', message: { ...facts, content: [], stop_reason: null, usage } }),
  eventOf({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
].join('');
const closing = [
  eventOf({ type: 'content_block_stop', index: 0 }),
  eventOf({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }),
  eventOf({ type: 'message_stop' }),
].join('');

function answerOf(body: object): Buffer {
  const text = JSON.stringify(body);
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${common}content-length: ${text.length}\r\n\r\n${text}`,
  );
}

function eventOf(data: { readonly type: string; readonly [member: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function chunkOf(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

function wordNow(): string {
  return chunkOf(eventOf({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: stampText() } }));
}

let part: Part = { kind: 'message' };
let opened = 0;
const leftAtUs: number[] = [];
const streams = new Map<Socket, number>();
let ticker: NodeJS.Timeout | undefined;

const server = createServer({ noDelay: true }, (socket) => {
  let isWaiting = false;
  let isModels = false;
  const reader = new MessageReader({
    onHead: (head) => (isModels = head.startsWith('GET')),
    onEnd: () => {
      if (isModels) return void socket.write(models);
      opened += 1;
      isWaiting = part.kind === 'hang' || part.kind === 'silence';
      answer(socket);
    },
  });
  socket.on('data', (chunk) => reader.push(chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    streams.delete(socket);
    if (isWaiting) leftAtUs.push(nowUs());
  });
});

function answer(socket: Socket): void {
  switch (part.kind) {
    case 'message':
      socket.write(message);
      return;
    case 'stream':
      socket.write(streamHead + chunkOf(opening));
      streams.set(socket, part.events);
      ticker ??= setInterval(tick, part.delayMs);
      return;
    case 'hang':
      socket.write(streamHead + chunkOf(opening) + wordNow().repeat(part.events));
      return;
    case 'silence':
      return;
  }
}

/** A word for every open stream. */
function tick(): void {
  for (const [socket, remaining] of streams) {
    if (remaining > 0) {
      socket.write(wordNow());
      streams.set(socket, remaining - 1);
      continue;
    }
    streams.delete(socket);
    socket.write(`${chunkOf(closing)}0\r\n\r\n`);
  }
  if (streams.size > 0) return;
  clearInterval(ticker);
  ticker = undefined;
}

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const commands = {
  port: () => (server.address() as AddressInfo).port,
  pid: () => process.pid,
  play: (next: Part) => {
    part = next;
    leftAtUs.length = 0;
    opened = 0;
  },
  opened: () => opened,
  /** Microseconds of the machine's steady clock at which connections were closed in the middle of an answer. */
  takeLeft: () => leftAtUs.splice(0),
};
export type ProviderCommands = typeof commands;
serveCommands(commands);
