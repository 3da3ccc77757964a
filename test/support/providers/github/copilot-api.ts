/** Copilot's own API: OpenAI's form, with what is peculiar to it. */
import { createId } from '../server/ids.ts';
import type { Call } from '../server/call.ts';
import type { Route } from '../server/routes.ts';
import { dataFrame, sendBody, sendJson, sendStream } from '../server/send.ts';
import type { GithubState } from './state.ts';

export const copilotModels = {
  gpt: 'gpt-4.1',
  claude: 'claude-sonnet-4.5',
  responses: 'gpt-5-mini',
  disabled: 'claude-opus-4.5',
  hidden: 'gpt-3.5-turbo-0613',
  embedding: 'text-embedding-3-small',
} as const;

export const copilotRoutes: readonly Route<GithubState>[] = [
  { method: 'GET', path: '/copilot/models', serve: withToken((call) => sendJson(call, 200, { data: models })) },
  { method: 'POST', path: '/copilot/chat/completions', serve: withToken(chat) },
  { method: 'POST', path: '/copilot/responses', serve: withToken(respond) },
  { method: 'POST', path: '/copilot/embeddings', serve: withToken(embed) },
];

const models = [
  model(copilotModels.gpt, 'Azure OpenAI', ['/chat/completions']),
  model(copilotModels.claude, 'Anthropic', ['/chat/completions'], { policy: { state: 'enabled', terms: 'ok' } }),
  model(copilotModels.responses, 'OpenAI', ['/chat/completions', '/responses']),
  model(copilotModels.disabled, 'Anthropic', ['/chat/completions'], { policy: { state: 'disabled', terms: 'ask' } }),
  model(copilotModels.hidden, 'Azure OpenAI', ['/chat/completions'], { model_picker_enabled: false }),
  {
    ...model(copilotModels.embedding, 'Azure OpenAI', ['/embeddings'], { model_picker_enabled: false }),
    capabilities: { family: 'text-embedding-3-small', type: 'embeddings', tokenizer: 'cl100k_base' },
  },
];

function model(id: string, vendor: string, endpoints: readonly string[], more: object = {}): object {
  return {
    id,
    name: id,
    object: 'model',
    vendor,
    version: id,
    preview: false,
    model_picker_enabled: true,
    supported_endpoints: endpoints,
    capabilities: {
      family: id,
      type: 'chat',
      limits: { max_context_window_tokens: 128_000, max_output_tokens: 16_384, max_prompt_tokens: 111_000 },
      supports: { tool_calls: true, parallel_tool_calls: true, streaming: true },
      tokenizer: 'o200k_base',
    },
    ...more,
  };
}

interface Body {
  readonly model?: string;
  readonly stream?: boolean;
  readonly messages?: readonly Message[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly input?: unknown;
}

interface Message {
  readonly role: string;
  readonly content?: string | readonly { readonly type: string; readonly text?: string }[] | null;
}

/** The Copilot token, or the GitHub token where none is traded. */
function withToken(serve: (call: Call, state: GithubState) => Promise<void> | void): Route<GithubState>['serve'] {
  return (call, state) => {
    const [, token = ''] = /^Bearer (.+)$/.exec(call.record.headers['authorization'] ?? '') ?? [];
    const isTraded = (state.copilotTokens.get(token) ?? 0) > Date.now();
    const isDirect = state.scenario.tradeStatus !== 200 && state.githubTokens.get(token)?.isLive === true;
    if (!isTraded && !isDirect)
      return sendBody(call, 401, 'unauthorized: token expired\n', { 'content-type': 'text/plain' });
    switch (state.scenario.apiStatus) {
      case 402:
        return sendJson(call, 402, { error: { message: 'You have no quota', code: 'quota_exceeded' } });
      case 403:
        return sendBody(call, 403, 'Access to this endpoint is forbidden. Please review our Terms of Service.\n', {
          'content-type': 'text/plain',
        });
      case 429:
        return sendJson(
          call,
          429,
          { error: { message: 'Sorry, you have exceeded your Copilot token usage.', code: 'rate_limited' } },
          { 'retry-after': '30' },
        );
      default:
        return serve(call, state);
    }
  };
}

function chat(call: Call, state: GithubState): Promise<void> | void {
  const body = (call.record.json ?? {}) as Body;
  const problem = problemOf(call, body);
  if (problem !== undefined) return sendJson(call, 400, { error: { message: problem, code: 'invalid_request_body' } });
  const id = createId('chatcmpl-', 20);
  const said = `You said: ${lastText(body)}`;
  const [tool] = wantsTool(body) ? (body.tools ?? []) : [];
  const call_ = tool && {
    id: createId('toolu_', 20),
    type: 'function',
    function: { name: tool.function.name, arguments: '{"city":"Köln"}' },
  };
  const usage = { prompt_tokens: 21, completion_tokens: 9, total_tokens: 30 };
  const head = { id, created: 1_790_000_000, model: body.model };
  if (body.stream === true) return sendStream(call, frames(head, said, call_, usage), { errorFrame: dataFrame });
  const splits = state.scenario.splitsChoices && body.model?.startsWith('claude') === true && call_ !== undefined;
  const text = { role: 'assistant', content: said };
  const choices = splits
    ? [
        { finish_reason: 'tool_calls', message: text },
        { finish_reason: 'tool_calls', message: { role: 'assistant', tool_calls: [call_] } },
      ]
    : [
        {
          index: 0,
          finish_reason: call_ === undefined ? 'stop' : 'tool_calls',
          message: call_ === undefined ? text : { ...text, tool_calls: [call_] },
        },
      ];
  return sendJson(call, 200, { ...head, object: 'chat.completion', choices, usage });
}

function* frames(head: object, said: string, toolCall: object | undefined, usage: object): Generator<string> {
  const chunk = (choices: readonly object[], more: object = {}) =>
    dataFrame({ ...head, object: 'chat.completion.chunk', choices, ...more });
  yield chunk([], { prompt_filter_results: [{ prompt_index: 0 }] });
  const delta = (part: object, finish: string | null = null) => [{ index: 0, delta: part, finish_reason: finish }];
  yield chunk(delta({ role: 'assistant', content: '' }));
  yield chunk(delta({ content: said.slice(0, 5) }));
  yield chunk(delta({ content: said.slice(5) }));
  if (toolCall !== undefined) yield chunk(delta({ tool_calls: [{ index: 0, ...toolCall }] }));
  yield chunk(delta({}, toolCall === undefined ? 'stop' : 'tool_calls'), { usage });
  yield 'data: [DONE]\n\n';
}

/** What the real one is strict about, and what it counts by. */
function problemOf(call: Call, body: Body): string | undefined {
  const { headers } = call.record;
  const known = Object.values(copilotModels) as readonly string[];
  if (!known.includes(body.model ?? '')) return `The requested model is not supported: ${body.model}`;
  const messages = body.messages ?? [];
  if (messages.length === 0) return 'messages: at least one is wanted';
  const hasImage = messages.some(
    ({ content }) => Array.isArray(content) && content.some((part) => part.type === 'image_url'),
  );
  if (hasImage !== (headers['copilot-vision-request'] === 'true'))
    return 'missing required Copilot-Vision-Request header';
  const initiator = messages.some(({ role }) => role === 'assistant' || role === 'tool') ? 'agent' : 'user';
  return headers['x-initiator'] === initiator ? undefined : `X-Initiator must be ${initiator}`;
}

function wantsTool(body: Body): boolean {
  return (body.tools?.length ?? 0) > 0 && body.messages?.at(-1)?.role === 'user';
}

function lastText({ messages = [] }: Body): string {
  const { content } = messages.at(-1) ?? {};
  if (typeof content === 'string') return content;
  return (content ?? []).map(({ text }) => text ?? '').join('');
}

function respond(call: Call): Promise<void> | void {
  const body = (call.record.json ?? {}) as Body;
  if (body.model !== copilotModels.responses) {
    return sendJson(call, 400, {
      error: { message: `model ${body.model} is not supported via Responses API`, code: 'unsupported_api_for_model' },
    });
  }
  if (call.record.headers['x-initiator'] === undefined) {
    return sendJson(call, 400, { error: { message: 'X-Initiator is wanted', code: 'invalid_request_body' } });
  }
  const said = typeof body.input === 'string' ? body.input : JSON.stringify(body.input);
  return sendJson(call, 200, {
    id: createId('resp_', 24),
    object: 'response',
    created_at: 1_790_000_000,
    status: 'completed',
    model: body.model,
    output: [
      {
        id: createId('msg_', 24),
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: `You said: ${said}`, annotations: [] }],
      },
    ],
    usage: {
      input_tokens: 21,
      output_tokens: 9,
      total_tokens: 30,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  });
}

function embed(call: Call): Promise<void> | void {
  const { model: id, input } = (call.record.json ?? {}) as Body;
  const inputs = Array.isArray(input) ? input : [input];
  return sendJson(call, 200, {
    object: 'list',
    model: id,
    data: inputs.map((_, index) => ({ object: 'embedding', index, embedding: [0.25, -0.5, 0.125] })),
    usage: { prompt_tokens: 3, total_tokens: 3 },
  });
}
