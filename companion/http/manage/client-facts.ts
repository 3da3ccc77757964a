/** What is told of the routes that are no `Route`: those of the APIs that clients speak, and the pages. */
import { z } from 'zod';
import { messagesBody } from '../../wire/anthropic/schema.ts';
import { chatRequest } from '../../wire/openai-chat/request-schema.ts';
import { responsesRequest } from '../../wire/openai-responses/request-schema.ts';
import { healthFacts } from '../health.ts';
import { metricsFacts } from '../metrics.ts';
import type { RouteFacts } from './route.ts';

type ClientFacts = Omit<RouteFacts, 'access' | 'tag' | 'method' | 'answer'> &
  Partial<Pick<RouteFacts, 'method' | 'answer'>>;

const passedOn = z.looseObject({}).describe("In the provider's own form, passed on as it is");
const json = 'application/json';
const jsonOrStream = [json, 'text/event-stream'];
const untouched =
  'Where the upstream speaks this API itself, body and answer are passed on byte for byte, fields that are not listed here ' +
  'included; elsewhere they are translated, and the header `x-companion-warnings` names what had no place. `X-Proxy-Mode` ' +
  '(`api`, `web`, `claude-code`) forces a mode.';
const errors = ['NO_CREDENTIAL', 'MODEL_NOT_FOUND', 'NOT_AVAILABLE_IN_MODE', 'RATE_LIMITED', 'OVERLOADED'] as const;

function client({ method = 'POST', answer = passedOn, ...facts }: ClientFacts): RouteFacts {
  return { ...facts, method, answer, access: 'client', tag: 'Models', errors: [...errors, ...(facts.errors ?? [])] };
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const anyPath = z.object({ path: z.string() });

/** Every path of the two APIs that no other route has. */
const relayed: readonly RouteFacts[] = methods.flatMap((method) => [
  client({
    method,
    path: '/v1/{path}',
    aliases: ['/openai/v1/{path}', '/v1/v1/{path}'],
    params: anyPath,
    summary: 'Any other route of the Anthropic and OpenAI APIs',
    description:
      'Embeddings, files, batches, stored responses and whatever a provider adds: relayed to a provider of that API, with ' +
      'a body of any type. Calls with an `anthropic-version` header go to Anthropic. The path may hold slashes.',
    mediaTypes: [json, '*/*'],
    errors: ['ROUTE_NOT_FOUND'],
  }),
  client({
    method,
    path: '/v1/messages/batches',
    aliases: ['/v1/v1/messages/batches'],
    summary: 'Message batches of the Anthropic API',
    description: 'Relayed to Anthropic as it arrives; a batch may be 256 MB.',
  }),
]);

const completions: readonly RouteFacts[] = [
  client({
    path: '/v1/messages',
    aliases: ['/v1/v1/messages'],
    summary: 'Anthropic Messages',
    description: untouched,
    body: messagesBody,
    mediaTypes: jsonOrStream,
    example: {
      body: { model: 'claude-sonnet-5', max_tokens: 256, messages: [{ role: 'user', content: 'Say hello' }] },
    },
  }),
  client({
    path: '/v1/messages/count_tokens',
    aliases: ['/v1/v1/messages/count_tokens'],
    summary: 'How many tokens a message has',
    description: 'Counted by Anthropic; an estimate that says so where no key of theirs serves.',
    body: passedOn,
    answer: z.looseObject({ input_tokens: z.number() }),
    example: { answer: { input_tokens: 11 } },
  }),
  client({
    path: '/v1/chat/completions',
    aliases: ['/openai/v1/chat/completions', '/v1/v1/chat/completions'],
    summary: 'OpenAI Chat Completions',
    description: untouched,
    body: chatRequest,
    mediaTypes: jsonOrStream,
    example: { body: { model: 'gpt-5', messages: [{ role: 'user', content: 'Say hello' }] } },
  }),
  client({
    path: '/v1/responses',
    aliases: ['/openai/v1/responses', '/v1/v1/responses', '/codex/v1/responses', '/backend-api/codex/responses'],
    summary: 'OpenAI Responses',
    description: `${untouched} Under \`/codex/v1\` and \`/backend-api/codex\` only the ChatGPT plan serves.`,
    body: responsesRequest,
    mediaTypes: jsonOrStream,
    example: { body: { model: 'gpt-5', input: 'Say hello' } },
  }),
  client({
    path: '/v1/responses/compact',
    aliases: [
      '/openai/v1/responses/compact',
      '/v1/v1/responses/compact',
      '/codex/v1/responses/compact',
      '/backend-api/codex/responses/compact',
    ],
    summary: 'Shortens a conversation, where the provider can',
    body: passedOn,
  }),
];

const models: readonly RouteFacts[] = [
  client({
    method: 'GET',
    path: '/v1/models',
    aliases: ['/openai/v1/models', '/v1/v1/models'],
    summary: 'The models that your accounts and keys offer',
    description: "In Anthropic's form for calls with an `anthropic-version` header, else in OpenAI's.",
    answer: z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) }),
    example: { answer: { object: 'list', data: [{ id: 'gpt-5', object: 'model', owned_by: 'openai' }] } },
  }),
  client({
    method: 'GET',
    path: '/v1/models/{id}',
    aliases: ['/openai/v1/models/{id}', '/v1/v1/models/{id}'],
    params: z.object({ id: z.string() }),
    summary: 'One model',
    description: 'Its id may hold slashes.',
    answer: z.looseObject({ id: z.string() }),
  }),
];

function page(path: string, mediaType: string, summary: string): RouteFacts {
  return { method: 'GET', path, access: 'public', tag: 'Pages', summary, answer: z.string(), mediaTypes: [mediaType] };
}

const pages: readonly RouteFacts[] = [
  page('/', 'text/html', 'Where you are, and how to connect a client'),
  page('/pair', 'text/html', 'Where a pairing link leads'),
  page('/pair.js', 'text/javascript', 'Script of that page'),
  page('/v0/oauth/copilot', 'text/html', 'Signs in to GitHub Copilot with a code'),
  page('/v0/oauth/kiro', 'text/html', 'Signs in to Kiro with a code: AWS Builder ID or Identity Center'),
  page('/v0/oauth/login.js', 'text/javascript', 'Script of these two'),
  page('/v0/oauth/login.css', 'text/css', 'Style of these two'),
  page('/copy.js', 'text/javascript', 'Script of the page at /'),
  page('/page.css', 'text/css', 'Style of the pages'),
  { ...page('/favicon.ico', 'image/x-icon', 'Nothing'), status: 204 },
];

/** A test compares them with what the server has. */
export const clientFacts: readonly RouteFacts[] = [
  ...completions,
  ...models,
  ...relayed,
  ...pages,
  ...healthFacts,
  metricsFacts,
];
