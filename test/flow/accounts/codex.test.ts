/** A ChatGPT plan behind the APIs that clients speak. */
import { RateLimitError } from 'openai';
import { describe, expect, test } from 'vitest';
import type { OpenAiRequest } from '../../support/providers/openai/plan.ts';
import { bodyFor, dialectPaths, gpt, openAccountHouse, sharedGpt } from './house.ts';
import type { AccountHouse, AccountHouseOptions } from './house.ts';

async function signedIn(options: AccountHouseOptions = {}): Promise<AccountHouse> {
  const house = await openAccountHouse(options);
  await house.signIn('openai');
  return house;
}

const bases = ['/v1', '/codex/v1', '/backend-api/codex'] as const;

describe.each(bases)('%s/responses, with the OpenAI SDK', (base) => {
  test('whole and as a stream', async () => {
    const house = await signedIn();
    const { responses } = house.openai({ baseURL: house.url + base });
    const whole = await responses.create({ model: gpt, input: 'in one piece' });
    expect([whole.status, whole.output_text]).toEqual(['completed', 'You said: in one piece']);
    const types: string[] = [];
    let text = '';
    for await (const event of await responses.create({ model: gpt, input: 'piece by piece', stream: true })) {
      types.push(event.type);
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    expect(text).toBe('You said: piece by piece');
    expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed']);
    expect(house.chatGptCalls).toEqual(['200 mary@example.com', '200 mary@example.com']);
    // It says who it is.
    const sent = house.chatGpt.requests.filter(({ method }) => method === 'POST').map(({ headers }) => headers);
    for (const headers of sent) {
      expect(headers['originator']).toBe('ccproxy-companion');
      expect(headers['chatgpt-account-id']).toBe('0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5');
    }
  });

  test('compact', async () => {
    const house = await signedIn();
    const answer = await house.ask(`${base}/responses/compact`, { model: gpt, input: [message('a long story')] });
    expect([answer.status, answer.json.output]).toEqual([
      200,
      [expect.objectContaining({ role: 'user' }), expect.objectContaining({ type: 'compaction' })],
    ]);
    const next = { model: gpt, input: [...answer.json.output, message('and then?')] };
    expect((await house.ask(`${base}/responses`, next)).json.output[0].content[0].text).toContain('and then?');
  });
});

function message(text: string) {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
}

/** Asks for the weather once, then tells what it heard. */
function weather({ toolResults }: OpenAiRequest) {
  const [result] = toolResults;
  if (result !== undefined) return { parts: [{ kind: 'text', text: `It is ${String(result['output'])}.` }] } as const;
  return { parts: [{ kind: 'tool-call', name: 'weather', arguments: { city: 'Oslo' } }] } as const;
}

const parameters = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

describe('a tool, there and back', () => {
  test('of a Messages client', async () => {
    const house = await signedIn();
    house.chatGpt.scenario = { answer: weather };
    const { messages } = house.anthropic();
    const ask = {
      model: gpt,
      max_tokens: 500,
      tools: [{ name: 'weather', input_schema: { ...parameters, required: [...parameters.required] } }],
    };
    const question = { role: 'user' as const, content: 'How is the weather in Oslo?' };
    const first = await messages.create({ ...ask, messages: [question] });
    const call = first.content.find((block) => block.type === 'tool_use');
    expect([first.stop_reason, call?.name, call?.input]).toEqual(['tool_use', 'weather', { city: 'Oslo' }]);
    const result = { type: 'tool_result' as const, tool_use_id: call?.id ?? '', content: 'raining' };
    const second = await messages.create({
      ...ask,
      messages: [question, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }],
    });
    expect(second.content).toMatchObject([{ type: 'text', text: 'It is raining.' }]);
  });

  test('of a Chat Completions client, as a stream', async () => {
    const house = await signedIn();
    house.chatGpt.scenario = { answer: weather };
    const { completions } = house.openai().chat;
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }];
    const question = { role: 'user' as const, content: 'How is the weather in Oslo?' };
    const first = await completions.stream({ model: gpt, tools, messages: [question] }).finalMessage();
    const [call] = first.tool_calls ?? [];
    expect(call).toMatchObject({ function: { name: 'weather', arguments: '{"city":"Oslo"}' } });
    const answered = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: 'raining' };
    const second = await completions.create({ model: gpt, tools, messages: [question, first, answered] });
    expect(second.choices[0]?.message.content).toBe('It is raining.');
  });

  test('of a Responses client', async () => {
    const house = await signedIn();
    house.chatGpt.scenario = { answer: weather };
    const { responses } = house.openai();
    const ask = {
      model: gpt,
      store: false,
      tools: [{ type: 'function' as const, name: 'weather', parameters, strict: true }],
    };
    const first = await responses.create({ ...ask, input: 'How is the weather in Oslo?' });
    const call = first.output.find((item) => item.type === 'function_call');
    expect(call).toMatchObject({ name: 'weather', arguments: '{"city":"Oslo"}' });
    const second = await responses.create({
      ...ask,
      input: [
        { role: 'user', content: 'How is the weather in Oslo?' },
        ...(call === undefined ? [] : [call]),
        { type: 'function_call_output', call_id: call?.call_id ?? '', output: 'raining' },
      ],
    });
    expect(second.output_text).toBe('It is raining.');
  });
});

describe('a plan that is used up', () => {
  const usedUp = { refuse: { kind: 'usage-limit-reached', resetsInSeconds: 1800 } } as const;

  test.each(dialectPaths)('is 429 with retry-after at %s, and is not asked again', async (path) => {
    const house = await signedIn();
    house.chatGpt.scenario = usedUp;
    const first = await house.say(path, 'x', gpt);
    expect([first.status, first.text]).toEqual([429, expect.stringContaining('usage limit')]);
    const second = await house.say(path, 'x', gpt);
    expect([second.status, second.headers['x-companion-error']]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(1700);
    expect(Number(second.headers['retry-after'])).toBeLessThanOrEqual(1800);
    expect(house.chatGptCalls).toHaveLength(1);
  });

  test('is 429 for the SDK', async () => {
    const house = await signedIn();
    house.chatGpt.scenario = usedUp;
    const failure: unknown = await house
      .openai()
      .responses.create({ model: gpt, input: 'x' })
      .catch((thrown) => thrown);
    expect(failure).toBeInstanceOf(RateLimitError);
  });

  test('gives way to an OpenAI key at /v1, and never at the routes of Codex', async () => {
    const house = await signedIn({ hasOpenAiKey: true });
    house.chatGpt.scenario = usedUp;
    const answer = await house.say('/v1/responses', 'x', sharedGpt);
    expect([answer.status, house.chatGptCalls, house.openAiCalls]).toEqual([
      200,
      ['429 mary@example.com'],
      ['200 spare'],
    ]);
    expect((await house.explain(answer)).explanation.attempts).toMatchObject([
      { who: expect.stringContaining('login mary@example.com'), status: 429 },
      { who: 'OpenAI key spare', status: 200 },
    ]);
    for (const base of ['/codex/v1', '/backend-api/codex']) {
      const refused = await house.ask(`${base}/responses`, bodyFor('/v1/responses', 'x', sharedGpt));
      expect(refused.status).toBe(429);
    }
    expect([house.chatGptCalls.length, house.openAiCalls.length]).toEqual([1, 1]);
  });
});

describe('Codex mode', () => {
  test('that is off is NO_CREDENTIAL with what turns it on', async () => {
    const house = await openAccountHouse({ hasOpenAiKey: true });
    for (const base of ['/codex/v1', '/backend-api/codex']) {
      const answer = await house.ask(`${base}/responses`, bodyFor('/v1/responses', 'x', sharedGpt));
      expect(answer.headers['x-companion-error']).toBe('NO_CREDENTIAL');
      expect(answer.json.error.message).toContain('companion auth login-openai');
    }
    expect([house.chatGptCalls, house.openAiCalls]).toEqual([[], []]);
  });

  test('is turned off and on while the companion runs, and the file tells', async () => {
    const house = await signedIn();
    const adopt = async (isOn: boolean) => {
      const payload = { owner: 'codex', isOn };
      const reply = await house.app.control.inject({ method: 'POST', url: '/control/logins/adopt', payload });
      expect(reply.statusCode).toBe(200);
    };
    const ask = () => house.ask('/codex/v1/responses', bodyFor('/v1/responses', 'x', gpt));
    expect((await ask()).status).toBe(200);
    await adopt(false);
    const refused = await ask();
    expect(refused.headers['x-companion-error']).toBe('NO_CREDENTIAL');
    expect(refused.json.error.message).toContain('companion config codex --enable');
    expect(house.status('openai')?.state).toBe('off');
    await house.stop();
    await house.start();
    expect((await ask()).headers['x-companion-error']).toBe('NO_CREDENTIAL');
    await adopt(true);
    expect((await ask()).status).toBe(200);
    expect(house.chatGptCalls).toEqual(['200 mary@example.com', '200 mary@example.com']);
    expect(await house.findLeaks()).toEqual([]);
  });
});
