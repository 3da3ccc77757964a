/** What it takes to translate a long conversation with tools, against reading and writing its JSON. */
import { anthropicDialect } from '../../../companion/wire/anthropic/codec.ts';
import { anthropicUpstream } from '../../../companion/wire/anthropic/upstream/codec.ts';
import type { Dialect, UpstreamCodec } from '../../../companion/wire/codec.ts';
import { openAiChatDialect } from '../../../companion/wire/openai-chat/codec.ts';
import { createChatUpstream } from '../../../companion/wire/openai-chat/upstream/codec.ts';
import { builtInProviders } from '../../../shared/api-provider.ts';
import { median, ratiosOf, runInterleaved, summarize } from '../measure.ts';
import { atMost, inMs } from '../report.ts';
import type { Effort, Figure } from '../report.ts';

const turns = 50;
/** About 200 kB in all. */
const turnText = 'The quick brown fox jumps over the lazy dog. '.repeat(80);

export async function measureTranslation({ rounds }: Effort): Promise<readonly Figure[]> {
  const quirks = builtInProviders.find(({ id }) => id === 'openai')?.quirks;
  if (quirks === undefined) throw new Error('there is no OpenAI among the providers');
  const chat = { model: 'gpt-5', dialect: anthropicDialect, codec: createChatUpstream(quirks) };
  const anthropic = { model: 'claude-sonnet-5', dialect: openAiChatDialect, codec: anthropicUpstream };
  return [
    await measure('Chat Completions to Messages', chatRequest(), anthropic, rounds),
    await measure('Messages to Chat Completions', messagesRequest(), chat, rounds),
  ];
}

interface Way {
  readonly model: string;
  readonly dialect: Dialect;
  readonly codec: UpstreamCodec;
}

async function measure(name: string, request: object, way: Way, rounds: number): Promise<Figure> {
  const bytes = Buffer.from(JSON.stringify(request));
  const translate = () => {
    const facts = way.codec.factsOf(way.model);
    const decoded = way.dialect.decodeRequest(JSON.parse(bytes.toString('utf8')), facts);
    return JSON.stringify(way.codec.encodeRequest(decoded, way.model).body);
  };
  const times = await runInterleaved(
    { json: time(() => JSON.stringify(JSON.parse(bytes.toString('utf8')))), translated: time(translate) },
    { warmUps: 100, rounds: rounds * 2, samples: 20 },
  );
  const ratio = summarize(ratiosOf(times.translated, times.json));
  return {
    name: `translation of a ${(bytes.length / 1000).toFixed(0)} kB request with ${turns} tool turns, ${name}`,
    value: inMs(median(times.translated)),
    ratio,
    target: atMost(3, ratio.median),
    note: `against ${inMs(median(times.json))} of one JSON.parse and JSON.stringify of it`,
  };
}

function time(work: () => string): () => Promise<number> {
  return () => {
    const startedAtMs = performance.now();
    work();
    return Promise.resolve(performance.now() - startedAtMs);
  };
}

const toolFacts = { name: 'read_file', description: 'Reads one file.' };
const schema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };

function eachTurn<Item>(items: (turn: number) => readonly Item[]): readonly Item[] {
  return Array.from({ length: turns }, (_, turn) => items(turn)).flat();
}

function chatRequest(): object {
  const tools = [{ type: 'function', function: { ...toolFacts, parameters: schema } }];
  const messages = eachTurn<object>((turn) => {
    const call = { name: 'read_file', arguments: JSON.stringify({ path: `src/file-${turn}.ts` }) };
    const calls = [{ id: `call_${turn}`, type: 'function', function: call }];
    return [
      { role: 'assistant', content: 'I look at it.', tool_calls: calls },
      { role: 'tool', tool_call_id: `call_${turn}`, content: turnText },
    ];
  });
  return {
    model: 'claude-sonnet-5',
    stream: true,
    tools,
    messages: [{ role: 'user', content: 'Begin.' }, ...messages],
  };
}

function messagesRequest(): object {
  const tools = [{ ...toolFacts, input_schema: schema }];
  const messages = eachTurn<object>((turn) => {
    const call = { type: 'tool_use', id: `toolu_${turn}`, name: 'read_file', input: { path: `src/file-${turn}.ts` } };
    const result = { type: 'tool_result', tool_use_id: `toolu_${turn}`, content: turnText };
    return [
      { role: 'assistant', content: [{ type: 'text', text: 'I look at it.' }, call] },
      { role: 'user', content: [result] },
    ];
  });
  const opening = { role: 'user', content: 'Begin.' };
  return { model: 'gpt-5', max_tokens: 1000, stream: true, tools, messages: [opening, ...messages] };
}
