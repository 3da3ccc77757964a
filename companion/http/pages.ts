/** The few pages that a person may open in a browser: where am I, and how to pair. No secret is ever in them. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { RouteConfig } from './client-server.ts';
import { landingContent } from './landing-page.ts';
import type { LandingFacts } from './landing-page.ts';
import { copyScript, pairScript, styles } from './page-files.ts';

const config: RouteConfig = { access: 'public' };

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
};

/** `facts`: asked for each time that somebody looks. */
export function addPages(app: FastifyInstance, facts: () => Omit<LandingFacts, 'host'>): void {
  app.get('/', { config }, (request, reply) => {
    const content = landingContent({ ...facts(), host: request.host });
    return send(reply, 'text/html', page('CCProxy Companion', content, '<script src="/copy.js"></script>'));
  });
  app.get('/pair', { config }, (_request, reply) => send(reply, 'text/html', pairPage));
  app.get('/pair.js', { config }, (_request, reply) => send(reply, 'text/javascript', pairScript));
  app.get('/copy.js', { config }, (_request, reply) => send(reply, 'text/javascript', copyScript));
  app.get('/page.css', { config }, (_request, reply) => send(reply, 'text/css', styles));
  app.get('/favicon.ico', { config }, (_request, reply) => reply.code(204).send());
}

function send(reply: FastifyReply, type: string, body: string): FastifyReply {
  return reply.headers(securityHeaders).type(`${type}; charset=utf-8`).send(body);
}

function page(title: string, main: string, script = ''): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/page.css">
<main>
${main}
</main>
${script}
</html>
`;
}

const pairPage = page(
  'Pair this browser',
  `<h1>Pair this browser</h1>
<div id="with-token" hidden>
<p>If the extension is installed here, it has opened its own page to finish: one click there, and you are done.</p>
<p>If nothing opened, copy this token and paste it into the extension's window:</p>
<pre id="token"></pre>
<button id="copy" type="button">Copy token</button>
<p>It works once, for five minutes, on this computer only.</p>
</div>
<div id="without-token" hidden>
<p>This link has no token in it. In a terminal, run</p>
<pre>companion pair</pre>
<p>and open the link that it prints.</p>
</div>
<noscript><p>Copy the part of the address after the # sign and paste it into the extension.</p></noscript>`,
  '<script src="/pair.js"></script>',
);
