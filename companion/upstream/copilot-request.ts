/** What GitHub Copilot wants beside OpenAI's form, told from the request itself; and what it must not be told. */
import { copilotProvider } from '../../shared/api-provider.ts';
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { LeasedCredential } from '../../shared/credential.ts';
import { asArray, asObject, isObject, parseJson } from '../wire/hub/fields.ts';
import { mergeChoices } from '../wire/openai-chat/upstream/merge-choices.ts';
import { madeReply } from './made-reply.ts';
import type { RawReply } from './raw-transport.ts';

export function isCopilot({ id }: Pick<ApiProvider, 'id'>): boolean {
  return id === copilotProvider.id;
}

/** The configured address, or the one that the token names. */
export function copilotBaseUrl({ baseUrl }: Pick<ApiProvider, 'baseUrl'>, key: LeasedCredential): string {
  return (key.kind === 'oauth-token' ? key.apiUrl : null) ?? baseUrl;
}

/** Who a program is, is for that program to say, and an editor's word opens doors here that are not ours. */
const identities: ReadonlySet<string> = new Set([
  'user-agent',
  'editor-version',
  'editor-plugin-version',
  'copilot-integration-id',
  'openai-intent',
  'x-github-api-version',
  'x-initiator',
  'copilot-vision-request',
]);

/** A client's raw headers without those that speak for a program, or that are told anew. */
export function withoutIdentity(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter((_, at) => !identities.has((rawHeaders[at - (at % 2)] as string).toLowerCase()));
}

/**
 * `x-initiator`: a person's turn is counted, what an agent does in its course is not, and the history tells which it is.
 * `copilot-vision-request`: there is an image in it.
 */
export function copilotHeaders(body: unknown): readonly string[] {
  const { messages, input } = asObject(body);
  const turns = asArray(messages ?? input).map(asObject);
  const isAgent = turns.some(isOfAgent);
  const hasImage = turns.some(({ content, output }) => [...asArray(content), ...asArray(output)].some(isImage));
  return ['x-initiator', isAgent ? 'agent' : 'user', ...(hasImage ? ['copilot-vision-request', 'true'] : [])];
}

/** The same for bytes as a client sent them. */
export function copilotHeadersOf(body: unknown): readonly string[] {
  return copilotHeaders(Buffer.isBuffer(body) ? parseJson(body.toString('utf8')) : undefined);
}

function isOfAgent({ role, type }: Readonly<Record<string, unknown>>): boolean {
  if (role === 'assistant' || role === 'tool') return true;
  return typeof type === 'string' && /^(?:function_call|reasoning|.*_call(?:_output)?)$/.test(type);
}

function isImage(part: unknown): boolean {
  const { type } = asObject(part);
  return type === 'image_url' || type === 'input_image';
}

/** Text and tool calls of one answer come as several choices for some models, which no client expects who asked for one. */
export async function withOneChoice(reply: RawReply, body: unknown, maxBytes: number): Promise<RawReply> {
  const request = asObject(Buffer.isBuffer(body) ? parseJson(body.toString('utf8')) : undefined);
  const isWhole = Array.isArray(request['messages']) && request['stream'] !== true && (request['n'] ?? 1) === 1;
  if (!isWhole || reply.header('content-type')?.includes('json') !== true) return reply;
  const text = (await reply.read(maxBytes)).toString('utf8');
  const answer = parseJson(text);
  return madeReply(reply, isObject(answer) ? JSON.stringify(mergeChoices(answer)) : text);
}
