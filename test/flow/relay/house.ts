/** A client, the byte path of the companion, and a provider: the parts themselves, without routing and ledger. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { abortWhenGone } from '../../../companion/http/client-signal.ts';
import { writeRelay } from '../../../companion/http/relay-writer.ts';
import type { RelayOutcome } from '../../../companion/http/relay-writer.ts';
import { createDispatcher } from '../../../companion/upstream/dispatcher.ts';
import { requestHeaders } from '../../../companion/upstream/relay-headers.ts';
import { createRawTransport } from '../../../companion/upstream/undici-raw.ts';
import type { DialectId } from '../../../companion/wire/codec.ts';
import { createObserver } from '../../../companion/wire/observe/create.ts';

export interface RelayHouse {
  readonly url: string;
  readonly port: number;
  /** How each relayed answer ended, in the order in which they did. */
  readonly outcomes: readonly RelayOutcome[];
  /** Codes of requests that no provider answered. */
  readonly failures: readonly unknown[];
}

const timeouts = { connectMs: 2_000, firstByteMs: 5_000, idleMs: 5_000 };

/** Relays every request to the same path at `providerUrl`; gone when the test is over. */
export async function openRelay(providerUrl: string, dialect: DialectId = 'anthropic'): Promise<RelayHouse> {
  const dispatcher = createDispatcher(timeouts);
  const transport = createRawTransport({ dispatcher, timeouts });
  const outcomes: RelayOutcome[] = [];
  const failures: unknown[] = [];
  const server = createServer(async (request, response) => {
    const { signal } = abortWhenGone(response);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = {
      method: request.method ?? 'GET',
      url: providerUrl + (request.url ?? '/'),
      headers: requestHeaders(request.rawHeaders, ['x-api-key', 'sk-provider'], 'ccproxy-companion/test'),
      body: chunks.length === 0 ? null : Buffer.concat(chunks),
    };
    try {
      const reply = await transport.send(raw, signal);
      const observer = createObserver(dialect, reply.header('content-type'), reply.header('content-encoding'));
      const errorText = (error: { readonly code: string }) =>
        `event: error\ndata: {"type":"error","code":"${error.code}"}\n\n`;
      outcomes.push(await writeRelay(response, reply, observer, ['x-companion-exchange', 'exc_1'], { errorText }));
    } catch (cause) {
      failures.push((cause as { readonly code?: unknown }).code ?? cause);
      response.writeHead(502).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await dispatcher.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, outcomes, failures };
}
