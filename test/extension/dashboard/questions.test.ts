import { describe, expect, test } from 'vitest';
import type { Question } from '../../../extension/entrypoints/dashboard/data/questions.ts';
import { Questions } from '../../../extension/entrypoints/dashboard/data/questions.ts';
import type { ApiAnswer, ApiQuestion } from '../../../extension/state.ts';

const count: Question<number> = {
  key: 'count',
  path: () => '/v0/management/count',
  read: (body) => (body as { count: number }).count,
};
const refusal: ApiAnswer = { ok: false, code: 'STORE_UNAVAILABLE', message: 'locked', remedy: 'Try again.' };

function open(...answers: readonly (ApiAnswer | Error)[]) {
  const asked: ApiQuestion[] = [];
  const queue = [...answers];
  let nowMs = 1_000;
  const questions = new Questions({
    ask: async (question) => {
      asked.push(question);
      const answer = queue.shift();
      if (answer === undefined) throw new Error('nothing more was to be asked');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    nowMs: () => nowMs,
  });
  return { questions, asked, pass: (ms: number) => void (nowMs += ms) };
}

const answer = (value: number): ApiAnswer => ({ ok: true, body: { count: value } });

describe('a question', () => {
  test('has an entry before it was asked, and the answer with its time after', async () => {
    const { questions } = open(answer(7));
    expect(questions.entry(count).value).toEqual({ data: null, atMs: null, problem: null, isLoading: false });
    await questions.ask(count);
    expect(questions.entry(count).value).toEqual({ data: 7, atMs: 1_000, problem: null, isLoading: false });
  });

  test('that is on its way is not asked a second time', async () => {
    const { questions, asked } = open(answer(7));
    await Promise.all([questions.ask(count), questions.ask(count), questions.ask({ ...count })]);
    expect(asked).toEqual([{ method: 'GET', path: '/v0/management/count' }]);
  });

  test('says that it is being asked', async () => {
    const { questions } = open(answer(7));
    const asking = questions.ask(count);
    expect(questions.entry(count).value.isLoading).toBe(true);
    await asking;
  });

  test('keeps the last good answer and its age when the next one fails, and forgets the failure after', async () => {
    const { questions, pass } = open(answer(7), refusal, answer(8));
    await questions.ask(count);
    pass(5_000);
    await questions.ask(count);
    expect(questions.entry(count).value).toMatchObject({
      data: 7,
      atMs: 1_000,
      problem: { code: 'STORE_UNAVAILABLE' },
    });
    await questions.ask(count);
    expect(questions.entry(count).value).toMatchObject({ data: 8, atMs: 6_000, problem: null });
  });

  test('is answered with a problem where the background breaks off', async () => {
    const { questions } = open(new Error('the worker went away'));
    await questions.ask(count);
    expect(questions.entry(count).value).toMatchObject({
      data: null,
      problem: { code: 'unanswered' },
      isLoading: false,
    });
  });

  test('is asked anew only once its answer is old, or was a failure', async () => {
    const { questions, asked, pass } = open(answer(1), refusal, answer(2));
    await questions.refresh(count, 1_000);
    pass(900);
    await questions.refresh(count, 1_000);
    expect(asked).toHaveLength(1);
    pass(200);
    await questions.refresh(count, 1_000);
    await questions.refresh(count, 1_000);
    expect(asked).toHaveLength(3);
    expect(questions.entry(count).value.data).toBe(2);
  });

  test('leaves when there are too many, and may come back', async () => {
    const { questions } = open(answer(1), answer(2));
    await questions.ask(count);
    for (let index = 0; index < 90; index += 1) questions.entry({ ...count, key: `other-${index}` });
    expect(questions.entry(count).value.data).toBeNull();
    await questions.ask(count);
    expect(questions.entry(count).value.data).toBe(2);
  });
});

test('a change carries a body only where there is one', async () => {
  const { questions, asked } = open(answer(0), answer(0));
  await questions.tell('POST', '/api/token/revoke', { id: 'ck_1' });
  await questions.tell('DELETE', '/api/session/s1');
  expect(asked).toEqual([
    { method: 'POST', path: '/api/token/revoke', body: { id: 'ck_1' } },
    { method: 'DELETE', path: '/api/session/s1' },
  ]);
});
