/** Clients that leave at any moment, over connections that are kept on both sides: nobody gets another's answer. */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, openApiHouse, say } from '../api/house.ts';
import type { ApiHouse } from '../api/house.ts';
import { openProvider, randomFrom } from '../api/provider.ts';

test('2,000 requests, half of them broken off, over 20 sockets: each answer is that of its question', async () => {
  const random = randomFrom(7);
  const provider = await openProvider(async (_request, response, body) => {
    const { messages } = JSON.parse(body.toString()) as { messages: { content: string }[] };
    const name = messages[0]?.content ?? '';
    response.writeHead(200, { 'content-type': 'application/json' });
    for (let piece = 0; piece < 3; piece++) {
      response.write(`${name};`.repeat(1 + Math.floor(random() * 400)));
      await sleep(random() * 3);
    }
    response.end();
  });
  const house = await openApiHouse({ upstreams: { anthropic: provider.url } });
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  onTestFinished(() => agent.destroy());
  let whole = 0;
  let broken = 0;
  const askOne = async (index: number) => {
    const name = `question-${index}`;
    const leaveAfterMs = index % 2 === 0 ? undefined : random() * 12;
    const text = await askOrLeave(house, agent, name, leaveAfterMs);
    if (text === undefined) return void (broken += 1);
    whole += 1;
    expect(text.replaceAll(`${name};`, '')).toBe('');
    expect(text).not.toBe('');
  };
  const numbers = Array.from({ length: 2_000 }, (_, index) => index);
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      for (let index = numbers.pop(); index !== undefined; index = numbers.pop()) await askOne(index);
    }),
  );
  expect(whole).toBeGreaterThanOrEqual(1_000);
  expect(broken).toBeGreaterThan(100);
  await eventually('nothing runs any more', () => house.app.service.status().activity.length === 0);
}, 60_000);

/** The whole answer; `undefined` when it was left before its end. */
function askOrLeave(
  house: ApiHouse,
  agent: Agent,
  name: string,
  leaveAfterMs: number | undefined,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const isLeaving = leaveAfterMs !== undefined;
    const headers = { 'content-type': 'application/json', 'x-api-key': house.key, 'anthropic-version': '2023-06-01' };
    const sent = httpRequest(`${house.url}/v1/messages`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text)).on('error', () => resolve(undefined));
    });
    sent.on('error', (error) => (isLeaving ? resolve(undefined) : reject(error)));
    sent.end(JSON.stringify(say(name)));
    if (isLeaving) setTimeout(() => sent.destroy(), leaveAfterMs);
  });
}
