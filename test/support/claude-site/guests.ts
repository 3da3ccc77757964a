/** Other stand-ins behind the same door: a browser that is led to one address meets all of them there. */
import type { Exchange } from './exchange.ts';

export interface Guest {
  readonly hosts: readonly string[];
  /** What its paths begin with. */
  readonly path: string;
  /** Origin where it listens. */
  readonly url: string;
}

export interface AuthServers {
  /** As `startAnthropicAuth()` gives it: on claude.ai, and its page with the code on platform.claude.com. */
  readonly anthropic?: { readonly url: string };
  /** As `startOpenAiAuth()` gives it: on auth.openai.com. */
  readonly openai?: { readonly url: string };
}

export function guestsFor({ anthropic, openai }: AuthServers): readonly Guest[] {
  return [
    ...(anthropic === undefined
      ? []
      : [{ hosts: ['claude.ai', 'platform.claude.com'], path: '/oauth/', url: anthropic.url }]),
    ...(openai === undefined ? [] : [{ hosts: ['auth.openai.com'], path: '/', url: openai.url }]),
  ];
}

/** A program that knows the site by number means claude.ai. */
export function findGuest(guests: readonly Guest[], { host, record }: Exchange): Guest | undefined {
  const meant = record.channel === 'direct' ? 'claude.ai' : host;
  return guests.find(({ hosts, path }) => hosts.includes(meant) && record.path.startsWith(path));
}

const passedOn = ['content-type', 'accept', 'user-agent', 'origin', 'referer'];
const passedBack = ['content-type', 'location', 'cache-control', 'referrer-policy', 'retry-after'];

/** Redirects are the browser's own affair. */
export async function serveGuest({ url }: Guest, exchange: Exchange): Promise<void> {
  const { method, path, query, headers, body } = exchange.record;
  exchange.setRoute('guest');
  const answer = await fetch(`${url}${path}${query}`, {
    method,
    headers: passedOn.flatMap((name): [string, string][] =>
      headers[name] === undefined ? [] : [[name, headers[name]]],
    ),
    ...(body.length > 0 && { body: new Uint8Array(body) }),
    redirect: 'manual',
    signal: exchange.clientGone,
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const back = passedBack.flatMap((name): [string, string][] => {
    const value = answer.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  exchange.reply(answer.status, Object.fromEntries(back), bytes);
}
