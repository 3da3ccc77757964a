/** A provider that repeats whatever it is told, keys included, under any status. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Echo {
  readonly url: string;
  /** The headers of every request, one line each. */
  readonly heads: readonly string[];
  status: number;
  close(): Promise<void>;
}

export async function openEcho(): Promise<Echo> {
  const heads: string[] = [];
  const server = createServer((request, response) => {
    const { 'x-api-key': apiKey, authorization } = request.headers;
    const key = String(apiKey ?? authorization?.replace(/^Bearer /, ''));
    heads.push(
      Object.entries(request.headers)
        .map(([name, value]) => `${name}: ${String(value)}`)
        .join('\n'),
    );
    request.resume().on('end', () => {
      const isGood = echo.status === 200;
      const error = { type: key, code: key, message: `The key ${key} is not good enough.` };
      const answer = { id: 'a', type: 'message', role: 'assistant', model: 'm', content: [], choices: [] };
      response.writeHead(echo.status, { 'content-type': 'application/json', 'x-request-id': key, 'x-echo': key });
      response.end(JSON.stringify(isGood ? answer : { type: 'error', error, request_id: key }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const echo: Echo = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heads,
    status: 200,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return echo;
}
