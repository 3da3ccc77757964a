/** A hub request as a Messages request: the same form, without what the API is known to refuse. */
import { createHash } from 'node:crypto';
import type { DecodedRequest, EncodedRequest, Warning } from '../../codec.ts';
import { asArray, asObject } from '../../hub/fields.ts';
import { schemaInstruction } from '../../hub/json-instruction.ts';
import type { HubMessageParam, HubRequest } from '../../hub/request.ts';
import { modelFacts } from '../../model-facts.ts';
import { fitOutputSchema } from './output-schema.ts';

export const API_VERSION = '2023-06-01';

export function encodeMessagesRequest(request: DecodedRequest, model: string): EncodedRequest {
  const { hub, memo, isStream } = request;
  const betas = betasOf(memo);
  const output = encodeOutput(hub);
  const messages = endWithUser(hub, model);
  return {
    path: '/v1/messages',
    headers: {
      'anthropic-version': API_VERSION,
      ...(betas.length > 0 && { 'anthropic-beta': betas.join(',') }),
    },
    body: { ...output.hub, ...fitUser(hub), messages, model, ...(isStream && { stream: true }) },
    warnings: [
      ...output.warnings,
      ...(messages === hub.messages ? [] : [warning('messages', 'this model does not continue a last message')]),
    ],
    memo: undefined,
  };
}

function warning(field: string, reason: string): Warning {
  return { field, reason };
}

/** Beta names that the Messages dialect found in a body; other dialects know none. */
function betasOf(memo: unknown): readonly string[] {
  return asArray(asObject(memo).betas).filter((name) => typeof name === 'string' && /^[\w.-]+$/.test(name)) as string[];
}

/** A schema that structured outputs cannot say is told to the model instead. */
function encodeOutput(hub: HubRequest): { readonly hub: HubRequest; readonly warnings: readonly Warning[] } {
  const { output_config: output, ...rest } = hub;
  const schema = output?.format?.schema;
  if (schema === undefined || schema === null) return { hub, warnings: [] };
  const fitting = fitOutputSchema(schema);
  const { format: _, ...others } = output ?? {};
  if (fitting !== undefined) {
    return {
      hub: { ...rest, output_config: { ...others, format: { type: 'json_schema', schema: fitting } } },
      warnings: [],
    };
  }
  const { system } = hub;
  const instructions = typeof system === 'string' ? [{ type: 'text' as const, text: system }] : (system ?? []);
  return {
    hub: {
      ...rest,
      ...(Object.keys(others).length > 0 && { output_config: others }),
      system: [...instructions, { type: 'text', text: schemaInstruction(schema) }],
    },
    warnings: [warning('output_config.format', 'this schema can only be asked for in words')],
  };
}

/** Newer models, and all while they think, refuse a last message of the assistant. */
function endWithUser({ messages, thinking }: HubRequest, model: string): HubMessageParam[] {
  const isThinking = thinking !== undefined && thinking !== null && thinking.type !== 'disabled';
  const mayContinue = !isThinking && modelFacts(model).thinking !== 'adaptive';
  if (mayContinue || messages.at(-1)?.role !== 'assistant') return messages;
  return [...messages, { role: 'user', content: [{ type: 'text', text: '(continue)' }] }];
}

/** The field takes no more letters; a digest still tells users apart. */
const MAX_USER_ID = 256;

function fitUser({ metadata }: HubRequest): Pick<HubRequest, 'metadata'> {
  const id = metadata?.user_id;
  if (!id || id.length <= MAX_USER_ID) return {};
  return { metadata: { ...metadata, user_id: createHash('sha256').update(id).digest('hex') } };
}
