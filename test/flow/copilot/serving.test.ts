/** GitHub Copilot as an upstream, asked with the SDKs of both families. */
import { describe, expect, test } from 'vitest';
import { copilotModels } from '../../support/providers/github/copilot-api.ts';
import { hourMs, moveClock } from '../accounts/house.ts';
import { openCopilotHouse } from './house.ts';
import type { CopilotHouse, CopilotHouseOptions } from './house.ts';

const { gpt, claude, responses, disabled, hidden, embedding } = copilotModels;

async function signedIn(options: CopilotHouseOptions = {}): Promise<CopilotHouse> {
  const house = await openCopilotHouse(options);
  await house.signIn();
  return house;
}

const callsOf = ({ github }: CopilotHouse, path: string) =>
  github.requests.filter(({ pathname }) => pathname === `/copilot${path}`);

const weather = {
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
} as const;
const image =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe('a client of the OpenAI API', () => {
  test('chats, whole and streamed, by the name with the prefix and without', async () => {
    const house = await signedIn();
    for (const model of [`copilot/${gpt}`, gpt]) {
      const { choices, usage } = await house.openai().chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'Hello' }],
      });
      expect(choices[0]?.message.content).toBe('You said: Hello');
      expect(usage?.total_tokens).toBe(30);
    }
    const stream = await house.openai().chat.completions.create({
      model: `copilot/${gpt}`,
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    });
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    expect(text).toBe('You said: Hello');
    const [first] = callsOf(house, '/chat/completions');
    expect(first?.headers).toMatchObject({ 'x-initiator': 'user', 'user-agent': expect.stringMatching(/^ccproxy/) });
    expect(first?.headers['copilot-vision-request']).toBeUndefined();
    expect(await house.findLeaks()).toEqual([]);
  });

  test('gets one choice where Copilot splits words and tool calls into two', async () => {
    const house = await signedIn();
    const { choices } = await house.openai().chat.completions.create({
      model: `copilot/${claude}`,
      messages: [{ role: 'user', content: 'Weather?' }],
      tools: [{ type: 'function', function: weather }],
    });
    expect(choices).toHaveLength(1);
    expect(choices[0]).toMatchObject({
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'You said: Weather?',
        tool_calls: [{ function: { name: 'get_weather' } }],
      },
    });
  });

  test('is told apart from an agent by the history, and an image is announced', async () => {
    const house = await signedIn();
    const ask = (
      messages: Parameters<ReturnType<CopilotHouse['openai']>['chat']['completions']['create']>[0]['messages'],
    ) => house.openai().chat.completions.create({ model: `copilot/${gpt}`, messages });
    await ask([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: image } },
          { type: 'text', text: 'See' },
        ],
      },
    ]);
    await ask([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Two' },
      { role: 'user', content: 'Three' },
    ]);
    const headers = callsOf(house, '/chat/completions').map((call) => call.headers);
    expect(headers.map((one) => one['x-initiator'])).toEqual(['user', 'agent']);
    expect(headers.map((one) => one['copilot-vision-request'])).toEqual(['true', undefined]);
  });

  test('does not speak through it as an editor, whatever it sends', async () => {
    const house = await signedIn();
    const answer = await fetch(`${house.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'x-api-key': house.key,
        'content-type': 'application/json',
        'user-agent': 'GitHubCopilotChat/0.26.7 (vscode)',
        'editor-version': 'vscode/1.99.0',
        'copilot-integration-id': 'vscode-chat',
        'x-initiator': 'agent',
      },
      body: JSON.stringify({ model: `copilot/${gpt}`, messages: [{ role: 'user', content: 'Hi' }] }),
    });
    expect(answer.status).toBe(200);
    expect(callsOf(house, '/chat/completions')[0]?.headers['x-initiator']).toBe('user');
  });

  test('sees the models that the person may use, and embeds', async () => {
    const house = await signedIn();
    const ids = (await house.openai().models.list()).data.map(({ id }) => id);
    expect(ids).toEqual([gpt, claude, responses, embedding]);
    expect(ids).not.toContain(disabled);
    expect(ids).not.toContain(hidden);
    const { data } = await house
      .openai()
      .embeddings.create({ model: `copilot/${embedding}`, input: ['a', 'b'], encoding_format: 'float' });
    expect(data.map(({ embedding: vector }) => vector)).toEqual([
      [0.25, -0.5, 0.125],
      [0.25, -0.5, 0.125],
    ]);
  });

  test('reaches Responses as they are where the list says so, and translated elsewhere', async () => {
    const house = await signedIn();
    await house.openai().models.list();
    const own = await house.openai().responses.create({ model: `copilot/${responses}`, input: 'Hello' });
    expect(own.output_text).toBe('You said: Hello');
    expect(callsOf(house, '/responses')).toHaveLength(1);
    const translated = await house.openai().responses.create({ model: `copilot/${gpt}`, input: 'Hello' });
    expect(translated.output_text).toBe('You said: Hello');
    expect(callsOf(house, '/responses')).toHaveLength(1);
    expect(callsOf(house, '/chat/completions')).toHaveLength(1);
  });
});

describe('a client of the Anthropic API', () => {
  test('is translated, whole and streamed, with tools and images', async () => {
    const house = await signedIn();
    const tools = [
      {
        name: weather.name,
        description: weather.description,
        input_schema: { ...weather.parameters, required: ['city'] },
      },
    ];
    const message = await house.anthropic().messages.create({
      model: `copilot/${claude}`,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Weather?' }],
      tools,
    });
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content).toMatchObject([
      { type: 'text', text: 'You said: Weather?' },
      { type: 'tool_use', name: 'get_weather', input: { city: 'Köln' } },
    ]);
    const stream = house.anthropic().messages.stream({
      model: `copilot/${claude}`,
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: image.split(',')[1] ?? '' } },
            { type: 'text', text: 'See' },
          ],
        },
      ],
    });
    expect(await stream.finalText()).toBe('You said: See');
    expect(callsOf(house, '/chat/completions').at(-1)?.headers).toMatchObject({
      'copilot-vision-request': 'true',
      'x-initiator': 'user',
    });
  });

  test('finds a model under the name that its maker gives it', async () => {
    const house = await signedIn();
    const message = await house.anthropic().messages.create({
      model: 'claude-sonnet-4-5-20250929',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    expect(message.content).toMatchObject([{ type: 'text', text: 'You said: Hello' }]);
    expect(callsOf(house, '/chat/completions')[0]?.json).toMatchObject({ model: claude });
  });
});

describe('the token', () => {
  test('is traded once however many ask, and again when it is refused', async () => {
    const house = await signedIn();
    const { trades } = house.github;
    const ask = () =>
      house.openai().chat.completions.create({ model: `copilot/${gpt}`, messages: [{ role: 'user', content: 'Hi' }] });
    await Promise.all([ask(), ask(), ask()]);
    expect(house.github.trades).toBe(trades);
    house.github.endCopilotTokens();
    await Promise.all([ask(), ask(), ask()]);
    expect(house.github.trades).toBe(trades + 1);
  });

  test('is traded anew when it is over', async () => {
    const house = await signedIn();
    const { trades } = house.github;
    moveClock(2 * hourMs);
    const { choices } = await house.openai().chat.completions.create({
      model: `copilot/${gpt}`,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(choices[0]?.message.content).toBe('You said: Hi');
    expect(house.github.trades).toBe(trades + 1);
  });

  test.each([403, 404])('is the GitHub token itself where GitHub trades none (%i)', async (tradeStatus) => {
    const house = await signedIn({ github: { scenario: { tradeStatus } } });
    const { choices } = await house.openai().chat.completions.create({
      model: `copilot/${gpt}`,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(choices[0]?.message.content).toBe('You said: Hi');
    expect(await house.findLeaks()).toEqual([]);
  });

  test('is never traded where that is not wanted', async () => {
    const house = await signedIn({
      config: { copilot: { exchange: 'never' } },
      github: { scenario: { tradeStatus: 404 } },
    });
    await house
      .openai()
      .chat.completions.create({ model: `copilot/${gpt}`, messages: [{ role: 'user', content: 'Hi' }] });
    expect(house.github.trades).toBe(0);
  });

  test('that was taken back ends the login, in words that say how to sign in again', async () => {
    const house = await signedIn();
    house.github.revoke();
    const asked = house.openai().chat.completions.create({
      model: `copilot/${gpt}`,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    await expect(asked).rejects.toMatchObject({ status: 401, message: expect.stringContaining('login-copilot') });
    expect(house.status()?.state).toBe('dead');
  });
});

describe('a refusal', () => {
  test.each([
    [402, /You have no quota/],
    [403, /forbidden. Please review our Terms of Service/],
    [429, /exceeded your Copilot token usage/],
  ])('with %i reaches clients of both families in the words of GitHub', async (apiStatus, words) => {
    const house = await signedIn();
    await house.openai().models.list();
    house.github.scenario = { apiStatus };
    const body = { model: `copilot/${gpt}`, messages: [{ role: 'user' as const, content: 'Hi' }] };
    await expect(house.openai().chat.completions.create(body)).rejects.toMatchObject({
      status: apiStatus,
      message: expect.stringMatching(words),
    });
    const other = { ...body, model: `copilot/${claude}`, max_tokens: 10 };
    await expect(house.anthropic().messages.create(other)).rejects.toMatchObject({
      message: expect.stringMatching(words),
    });
    expect(house.status()?.state).toBe('usable');
  });

  test('for want of premium requests leaves the models that the plan includes alone', async () => {
    const house = await signedIn();
    const ask = (model: string) =>
      house
        .anthropic()
        .messages.create({ model: `copilot/${model}`, max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] });
    house.github.scenario = { apiStatus: 402 };
    await expect(ask(claude)).rejects.toMatchObject({ status: 429 });
    house.github.scenario = {};
    expect((await ask(gpt)).content).toMatchObject([{ text: 'You said: Hi' }]);
  });
});
