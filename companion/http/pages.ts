/** The few pages that a person may open in a browser: where am I, and how to pair. No secret is ever in them. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { RouteConfig } from './client-server.ts';

const config: RouteConfig = { access: 'public' };

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
};

export function addPages(app: FastifyInstance, version: string): void {
  app.get('/', { config }, (_request, reply) => send(reply, 'text/html', landingPage(version)));
  app.get('/pair', { config }, (_request, reply) => send(reply, 'text/html', pairPage));
  app.get('/pair.js', { config }, (_request, reply) => send(reply, 'text/javascript', pairScript));
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
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="stylesheet" href="/page.css">
<main>
${main}
</main>
${script}
</html>
`;
}

const landingPage = (version: string) =>
  page(
    'CCProxy Companion',
    `<h1>The companion is running</h1>
<p>CCProxy Companion ${version} serves the Anthropic and OpenAI APIs on this address, to programs on this computer.</p>
<h2>Connect a client</h2>
<p>In a terminal, run</p>
<pre>companion env</pre>
<p>and paste what it prints: it holds the addresses and the key that clients need. The Anthropic API is at
<code>/v1/messages</code>, the OpenAI API at <code>/v1/chat/completions</code>.</p>
<h2>Pair a browser</h2>
<p>Run <code>companion pair</code>, then paste the token into the extension.</p>`,
  );

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

/** Takes the token out of the address at once, so that it stays in no history; text only, nothing is parsed as HTML. */
const pairScript = `const token = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
const isToken = /^ccp1_[0-9]+_[A-Za-z0-9_-]{43}$/.test(token);
document.getElementById(isToken ? 'with-token' : 'without-token').hidden = false;
document.getElementById('token').textContent = isToken ? token : '';
document.getElementById('copy').addEventListener('click', async (event) => {
  const button = event.currentTarget;
  await navigator.clipboard.writeText(token);
  button.textContent = 'Copied';
});
`;

const styles = `:root { color-scheme: light dark; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  background: light-dark(#f5f6f7, #14171a); color: light-dark(#15191d, #eceff2); }
main { max-width: 40rem; margin: 12vh auto; padding: 2rem; border-radius: 10px;
  background: light-dark(#fff, #1b1f24); border: 1px solid light-dark(#e3e6e9, #2b3138); }
h1 { font-size: 1.5rem; margin: 0 0 1rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
pre, code { font: .9em/1.5 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
pre { padding: .75rem 1rem; border-radius: 8px; background: light-dark(#f5f6f7, #14171a); }
button { font: 600 1rem system-ui; padding: .6rem 1rem; border: 0; border-radius: 8px; cursor: pointer;
  background: light-dark(#0b6e66, #3fc7b8); color: light-dark(#fff, #06211e); }
`;
