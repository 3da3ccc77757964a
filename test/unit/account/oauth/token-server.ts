/** A small login server for the tests beside it: records every question, answers what it is told to. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../../../../companion/config/load.ts';
import { createLoginProviders } from '../../../../companion/account/oauth/login-providers.ts';
import type { LoginProviders } from '../../../../companion/account/oauth/login-providers.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, everything else as JSON; `hang`: none, ever; `cut`: the connection breaks in the body. */
  readonly body?: unknown;
  readonly trouble?: 'hang' | 'cut' | 'reset';
}

export interface TokenServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Settled anew by the test whenever it likes. */
  answer: (asked: Asked) => Reply | Promise<Reply>;
}

export async function startTokenServer(): Promise<TokenServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const entry = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
    asked.push(entry);
    const reply = await self.answer(entry);
    if (reply.trouble === 'hang') return;
    if (reply.trouble === 'reset') return void request.socket.resetAndDestroy();
    const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {});
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
    if (reply.trouble === 'cut') return void response.write(text, () => request.socket.destroy());
    response.end(text);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const self: TokenServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: () => ({ status: 404, body: { error: 'not_found' } }),
  };
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return self;
}

/** Providers whose servers are all at `url`. */
export function providersAt(url: string): LoginProviders {
  const { config } = loadConfig({
    environment: {
      CCPROXY_HOME: '/nowhere',
      CCPROXY_UPSTREAM_ANTHROPIC_AUTH: url,
      CCPROXY_UPSTREAM_ANTHROPIC: url,
      CCPROXY_UPSTREAM_OPENAI_AUTH: url,
      CCPROXY_UPSTREAM_CHATGPT: `${url}/backend-api`,
    },
    cwd: '/nowhere',
  });
  return createLoginProviders(config);
}

export function openDispatcher(): Agent {
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  return agent;
}

/** A token that says `claims`; its signature is nobody's. */
export function makeJwt(claims: object, header: object = { alg: 'RS256', typ: 'JWT', kid: 'key-1' }): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.c2lnbmF0dXJl`;
}
