import { afterEach, beforeEach, expect, it } from 'vitest';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import type { FaultProxy } from '../../support/fault-proxy.ts';
import { startOpenAiApi } from '../../support/providers/openai/api.ts';
import type { OpenAiApi } from '../../support/providers/openai/api.ts';

let api: OpenAiApi;
let proxy: FaultProxy;

beforeEach(async () => {
  api = await startOpenAiApi({ flavour: 'local' });
  proxy = await startFaultProxy({ targetPort: api.port });
});

afterEach(async () => {
  await proxy.close();
  await api.close();
});

const get = async () => {
  const response = await fetch(`${proxy.url}/v1/models`, { headers: { connection: 'close' } });
  return response.text();
};

it('is a wire when nothing is wished for', async () => {
  expect(await get()).toContain('llama3.2');
  expect(proxy.accepted).toBe(1);
  await expect.poll(() => proxy.openConnections).toBe(0);
});

it('trickles and delays without changing a byte', async () => {
  const whole = await get();
  proxy.toClient = { pieceBytes: 1 };
  expect(await get()).toBe(whole);
  proxy.toClient = {};
  proxy.toTarget = { delayMs: 80 };
  const startedAtMs = performance.now();
  expect(await get()).toBe(whole);
  expect(performance.now() - startedAtMs).toBeGreaterThan(75);
});

it.each(['reset', 'fin'] as const)('cuts an answer with a %s, and heals', async (kind) => {
  proxy.toClient = { trouble: { afterBytes: 150, kind } };
  await expect(get()).rejects.toThrow();
  proxy.heal();
  expect(await get()).toContain('llama3.2');
});

it('stalls, until it is told to cut', async () => {
  proxy.toClient = { trouble: { afterBytes: 150, kind: 'stall' } };
  const answer = get().then(
    () => 'whole',
    () => 'broken',
  );
  expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 150, 'silence'))])).toBe('silence');
  proxy.cutAll('reset');
  expect(await answer).toBe('broken');
});

it('turns new connections away, and takes them again', async () => {
  for (const welcome of ['reset', 'refuse'] as const) {
    proxy.welcome = welcome;
    await expect(get()).rejects.toThrow();
  }
  proxy.welcome = 'serve';
  await get();
  await proxy.close();
  await expect(get()).rejects.toThrow();
  await proxy.listen();
  expect(await get()).toContain('llama3.2');
});
