/** What a provider offers to one key: its model list, asked once and read the same way for both wires. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { ApiKey } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import type { UpstreamCodec } from '../wire/codec.ts';
import { asArray, asObject, asText, parseJson } from '../wire/hub/fields.ts';
import type { JsonObject } from '../wire/hub/fields.ts';
import { hideKey, hideKeyInHeaders } from './hide-key.ts';
import type { RawTransport } from './raw-transport.ts';
import { credentialHeader } from './relay-headers.ts';

export interface ListedModel {
  readonly id: string;
  /** The id unless the provider gives a better one. */
  readonly name: string;
  /** As the provider told it. */
  readonly raw: JsonObject;
}

export interface ModelListOptions {
  readonly transport: RawTransport;
  readonly userAgent: string;
  readonly codecOf: (provider: ApiProvider) => UpstreamCodec;
  readonly nowMs: () => number;
}

export type ListModels = (provider: ApiProvider, key: ApiKey, signal: AbortSignal) => Promise<readonly ListedModel[]>;

const maxBytes = 8 * 1024 * 1024;

/** One GET. Errors: what a refusal means (`KEY_REJECTED`, ...), else as `RawTransport.send`. */
export function createModelList({ transport, userAgent, codecOf, nowMs }: ModelListOptions): ListModels {
  return async (provider, key, signal) => {
    const isAnthropic = provider.wire === 'anthropic';
    const sent = await transport.send(
      {
        method: 'GET',
        url: `${provider.baseUrl}${isAnthropic ? '/v1/models?limit=1000' : '/models'}`,
        headers: [
          'accept',
          'application/json',
          'accept-encoding',
          'identity',
          'user-agent',
          userAgent,
          ...(isAnthropic ? ['anthropic-version', '2023-06-01'] : []),
          ...credentialHeader(provider, key),
        ],
        body: null,
      },
      signal,
    );
    const reply = hideKeyInHeaders(sent, key);
    const text = hideKey((await reply.read(maxBytes)).toString('utf8'), key);
    if (reply.status !== 200) throw codecOf(provider).decodeError(reply.status, reply.header, text, nowMs());
    return readModels(parseJson(text), provider);
  };
}

function readModels(answer: unknown, provider: ApiProvider): readonly ListedModel[] {
  const list = Array.isArray(answer) ? answer : asObject(answer)['data'];
  if (!Array.isArray(list)) {
    throw new CompanionError('UPSTREAM_UNREADABLE', `${provider.name} gave its models in an unknown form.`);
  }
  return asArray(list).flatMap((entry) => {
    const raw = asObject(entry);
    // Gemini says `models/gemini-…` here and takes the name without it.
    const id = asText(raw['id'])?.replace(/^models\//, '');
    if (id === undefined) return [];
    return [{ id, name: asText(raw['display_name']) ?? asText(raw['name']) ?? id, raw: { ...raw, id } }];
  });
}
