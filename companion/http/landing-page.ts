/** `GET /`: what runs here, and how a client reaches it. For whoever opens the address, so without a key and without a name. */

export interface LandingFacts {
  readonly version: string;
  /** As the browser called it, which the guard has checked: `127.0.0.1:8000`. */
  readonly host: string;
  readonly upMs: number;
  readonly isKeyRequired: boolean;
  readonly keys: number;
  readonly logins: number;
  readonly sessions: number;
  readonly browsers: number;
}

/** The part of the page within `main`. */
export function landingContent(facts: LandingFacts): string {
  const url = `http://${escapeHtml(facts.host)}`;
  return `<header>
<p class="state"><span class="dot"></span>Running for ${describeTime(facts.upMs)}, version ${escapeHtml(facts.version)}</p>
<h1>CCProxy Companion</h1>
<p>The Anthropic and OpenAI APIs at one address, served from your own accounts.</p>
</header>
<dl>
${row('Anthropic API', `<code>${url}</code>`)}
${row('OpenAI API', `<code>${url}/v1</code>`)}
${row('Key', facts.isKeyRequired ? '<code>companion env</code> prints it' : 'none is asked for')}
${row('Serves from', describeAccounts(facts))}
${row('Browsers', describeBrowsers(facts.browsers))}
</dl>
<h2>Connect a client</h2>
<p>In the terminal where you start it, this sets everything that follows:</p>
${snippet('eval "$(companion env)"')}
${clients(url).map(clientSection).join('\n')}
<h2>See what happens</h2>
<p>The extension has a dashboard: what is left of each account, what was used, every request as it happens, and the settings. Click
its icon, then <b>Dashboard</b>. It is paired with a token, once:</p>
${snippet('companion pair')}
<p>In the terminal, <code>companion status</code> says the same in short, and <code>companion --help</code> lists the rest.</p>`;
}

interface Client {
  readonly name: string;
  readonly hint: string;
  readonly code: string;
}

const keyWord = 'YOUR_KEY';

function clients(url: string): readonly Client[] {
  return [
    {
      name: 'Claude Code',
      hint: 'In <code>~/.claude/settings.json</code>, to have it in every project. The address has no <code>/v1</code>.',
      code: `{
  "env": {
    "ANTHROPIC_BASE_URL": "${url}",
    "ANTHROPIC_AUTH_TOKEN": "${keyWord}"
  }
}`,
    },
    {
      name: 'Codex',
      hint: 'In <code>~/.codex/config.toml</code>; the key is read from the environment.',
      code: `model_provider = "companion"

[model_providers.companion]
name = "CCProxy Companion"
base_url = "${url}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"`,
    },
    {
      name: 'Anthropic SDKs',
      hint: 'Unchanged: they read two variables.',
      code: `export ANTHROPIC_BASE_URL=${url}
export ANTHROPIC_API_KEY=${keyWord}`,
    },
    {
      name: 'OpenAI SDKs',
      hint: 'Unchanged: they read two variables. <code>/openai/v1</code> works as well.',
      code: `export OPENAI_BASE_URL=${url}/v1
export OPENAI_API_KEY=${keyWord}`,
    },
    {
      name: 'curl',
      hint: '<code>authorization: Bearer</code> takes the same key.',
      code: `curl ${url}/v1/messages \\
  -H "x-api-key: $ANTHROPIC_API_KEY" -H "content-type: application/json" \\
  -d '{"model":"claude-sonnet-4-5","max_tokens":100,"messages":[{"role":"user","content":"Hello"}]}'`,
    },
  ];
}

function clientSection({ name, hint, code }: Client, index: number): string {
  return `<details name="client"${index === 0 ? ' open' : ''}>
<summary>${name}</summary>
<p>${hint}</p>
${snippet(code)}
</details>`;
}

function snippet(code: string): string {
  return `<pre data-copy><code>${code.replaceAll('<', '&lt;')}</code></pre>`;
}

function row(name: string, value: string): string {
  return `<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function describeAccounts({ keys, logins, sessions }: LandingFacts): string {
  const parts = [counted(keys, 'API key'), counted(logins, 'login'), counted(sessions, 'claude.ai session')];
  const known = parts.filter((part) => part !== '').join(', ');
  return known === ''
    ? 'nothing yet: <code>companion keys add anthropic</code>, <code>companion auth login</code>'
    : known;
}

function describeBrowsers(count: number): string {
  return count === 0 ? 'none connected' : `${counted(count, 'browser')} connected`;
}

function counted(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`;
}

function describeTime(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return counted(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day');
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
