/**
 * Starts a stand-in for other programs, until it is told to end. The words are in `usage`. A stand-in of an API prints its
 * address, and its key on the second line; those with logins print what to put into the companion's environment.
 */
import { startAnthropicApi } from './anthropic/api.ts';
import { startChatGptBackend } from './chatgpt/backend.ts';
import { startGithub } from './github/github.ts';
import { startKiroBackend } from './kiro/backend.ts';
import { startAwsOidc } from './kiro/oidc.ts';
import { startClaudeAccounts } from './oauth/claude-accounts.ts';
import { startOpenAiAuth } from './oauth/openai-auth.ts';
import { startOpenAiApi } from './openai/api.ts';
import { flavours } from './openai/flavour.ts';
import type { Flavour } from './openai/flavour.ts';

const usage = `usage: node serve.ts anthropic|${flavours.join('|')} [port]   an API that takes a key
       node serve.ts claude [port]    a Claude subscription: consent page, tokens, and the API on the next port
       node serve.ts chatgpt [port]   a ChatGPT plan: consent page, tokens, and the backend on the next port
       node serve.ts copilot [port]   a GitHub Copilot plan: GitHub with a page for codes, and Copilot's API
       node serve.ts kiro [port]      a Kiro plan: AWS with a page for codes, and Kiro on the next port
`;

type Kind = Flavour | 'anthropic' | 'claude' | 'chatgpt' | 'copilot' | 'kiro';

interface Wish {
  readonly kind: Kind;
  readonly port: number;
}

interface Served {
  readonly lines: readonly string[];
  close(): Promise<unknown>;
}

/** `null` when the words make no sense. */
function readWish(words: readonly string[]): Wish | null {
  const [first = '', ...rest] = words;
  if (first === 'openai' && rest[0] !== undefined && isFlavour(rest[0])) return readWish(rest);
  const port = Number(rest[0] ?? 0);
  if (rest.length > 1 || !Number.isInteger(port) || port < 0 || port > 65_534) return null;
  return isKind(first) ? { kind: first, port } : null;
}

function isKind(word: string): word is Kind {
  return ['anthropic', 'claude', 'chatgpt', 'copilot', 'kiro'].includes(word) || isFlavour(word);
}

function isFlavour(word: string): word is Flavour {
  return (flavours as readonly string[]).includes(word);
}

async function start({ kind, port }: Wish): Promise<Served> {
  switch (kind) {
    case 'claude':
      return startClaude(port);
    case 'chatgpt':
      return startChatGpt(port);
    case 'copilot':
      return startCopilot(port);
    case 'kiro':
      return startKiro(port);
    default: {
      const api = await (kind === 'anthropic' ? startAnthropicApi({ port }) : startOpenAiApi({ flavour: kind, port }));
      return { lines: [api.url, api.key], close: () => api.close() };
    }
  }
}

async function startClaude(port: number): Promise<Served> {
  const accounts = await startClaudeAccounts({ auth: { port }, api: { port: portAfter(port) } });
  return { lines: linesOf(accounts.environment), close: () => accounts.close() };
}

async function startChatGpt(port: number): Promise<Served> {
  const auth = await startOpenAiAuth({ port });
  const backend = await startChatGptBackend({ auth, port: portAfter(port) });
  return {
    lines: linesOf({ ...auth.environment, ...backend.environment }),
    close: () => Promise.all([auth.close(), backend.close()]),
  };
}

async function startCopilot(port: number): Promise<Served> {
  const github = await startGithub({ port, scenario: { intervalSeconds: 1 } });
  return { lines: linesOf(github.environment), close: () => github.close() };
}

async function startKiro(port: number): Promise<Served> {
  const aws = await startAwsOidc({ port, intervalSeconds: 2 });
  const backend = await startKiroBackend({ tokens: aws, port: portAfter(port) });
  return {
    lines: linesOf({ ...aws.environment, ...backend.environment }),
    close: () => Promise.all([aws.close(), backend.close()]),
  };
}

function portAfter(port: number): number {
  return port === 0 ? 0 : port + 1;
}

function linesOf(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment).map(([name, value]) => `${name}=${value}`);
}

const wish = readWish(process.argv.slice(2));
if (wish === null) {
  process.stderr.write(usage);
  process.exit(2);
}
const served = await start(wish);
process.stdout.write(`${served.lines.join('\n')}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void served.close());
