import { expect, test } from 'vitest';
import { Gate } from '../../../../companion/upstream/claude-code/gate.ts';

const patient = new AbortController().signal;

/** Whether it is still to come after everything that could let it in has run. */
async function isWaiting(entrance: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol('waiting');
  const later = new Promise((resolve) => setImmediate(() => resolve(waiting)));
  return (await Promise.race([entrance, later])) === waiting;
}

test('lets in so many, and the others in turn', async () => {
  const gate = new Gate(2);
  const [leave] = await Promise.all([gate.enter(patient), gate.enter(patient)]);
  const third = gate.enter(patient);
  const fourth = gate.enter(patient);
  expect(await isWaiting(third)).toBe(true);
  leave?.();
  expect(await isWaiting(third)).toBe(false);
  expect(await isWaiting(fourth)).toBe(true);
  (await third)();
  expect(await isWaiting(fourth)).toBe(false);
});

test('a place is given back once, however often it is said', async () => {
  const gate = new Gate(1);
  const leave = await gate.enter(patient);
  leave();
  leave();
  await gate.enter(patient);
  expect(await isWaiting(gate.enter(patient))).toBe(true);
});

test('who gives up in line is passed over', async () => {
  const gate = new Gate(1);
  const leave = await gate.enter(patient);
  const client = new AbortController();
  const second = gate.enter(client.signal);
  const third = gate.enter(patient);
  client.abort(new Error('gone'));
  await expect(second).rejects.toThrow('gone');
  leave();
  expect(await isWaiting(third)).toBe(false);
});

test('who has given up before does not come in', async () => {
  await expect(new Gate(1).enter(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
});
