/** Run by `forsaken-companion.ts`: prints the process ids once the answer has begun, and reads on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../../companion/base/clock.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import type { AgentSdk } from '../../../companion/upstream/claude-code/agent-sdk.ts';
import { ClaudeCodeUpstream } from '../../../companion/upstream/claude-code/claude-code.ts';

const { sdk, ...order } = JSON.parse(process.argv[2] ?? '{}') as Record<
  'sdk' | 'path' | 'baseUrl' | 'homeFolder',
  string
> & {
  readonly userHome: string;
  readonly environment: Readonly<Record<string, string>>;
};
const upstream = new ClaudeCodeUpstream({
  ...order,
  ownUrls: () => [],
  clientApp: 'forsaken/0',
  warm: 1,
  logger: memoryLogger().logger,
  clock: systemClock,
  timeouts: { startMs: 60_000, firstByteMs: 60_000, idleMs: 60_000 },
  loadSdk: () => import(pathToFileURL(sdk).href) as Promise<AgentSdk>,
});
const model = 'claude-sonnet-4-5';
const { events } = await upstream.send(
  {
    hub: { model, max_tokens: 500, messages: [{ role: 'user', content: 'Hello.' }] },
    model,
    credential: undefined,
    client: 'test',
  },
  new AbortController().signal,
);
const iterator = events[Symbol.asyncIterator]();
await iterator.next();
await sleep(500);
process.stdout.write(`${JSON.stringify(await upstream.pids())}\n`);
while ((await iterator.next()).done !== true);
await sleep(60_000);
