/**
 * Starts one stand-in and prints its address: `node test/support/providers/serve.ts anthropic [port]`, or
 * `openai|gemini|mistral|groq|deepseek|local [port]` (`openai <flavour> [port]` too). The key stands on the second line.
 */
import { startAnthropicApi } from './anthropic/api.ts';
import { startOpenAiApi } from './openai/api.ts';
import { flavours } from './openai/flavour.ts';
import type { Flavour } from './openai/flavour.ts';

interface Wish {
  readonly flavour: Flavour | 'anthropic';
  readonly port: number;
}

/** `null` when the words make no sense. */
function readWish(words: readonly string[]): Wish | null {
  const [first = '', ...rest] = words;
  if (first === 'openai' && rest[0] !== undefined && isFlavour(rest[0])) return readWish(rest);
  const port = Number(rest[0] ?? 0);
  if (rest.length > 1 || !Number.isInteger(port) || port < 0 || port > 65_535) return null;
  return first === 'anthropic' || isFlavour(first) ? { flavour: first, port } : null;
}

function isFlavour(word: string): word is Flavour {
  return (flavours as readonly string[]).includes(word);
}

const wish = readWish(process.argv.slice(2));
if (wish === null) {
  process.stderr.write(`usage: node serve.ts anthropic|${flavours.join('|')} [port]\n`);
  process.exit(2);
}
const { flavour, port } = wish;
const api = await (flavour === 'anthropic' ? startAnthropicApi({ port }) : startOpenAiApi({ flavour, port }));
process.stdout.write(`${api.url}\n${api.key}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void api.close());
