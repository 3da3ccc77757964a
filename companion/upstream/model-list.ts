/** What a provider offers to one key or login: its model list, asked once and read into one form for all wires. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { LeasedCredential } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import type { UpstreamWire } from '../wire/codec.ts';
import { asArray, asObject, asText, parseJson } from '../wire/hub/fields.ts';
import type { JsonObject } from '../wire/hub/fields.ts';
import { usagePath } from '../wire/kiro/model-ids.ts';
import { codexModelsPath, readCodexModels } from './codex-models.ts';
import { copilotBaseUrl, isCopilot } from './copilot-request.ts';
import { introduction } from './codex-request.ts';
import { hideKey, hideKeyInHeaders } from './hide-key.ts';
import { kiroBaseUrl, profileOf } from './kiro-request.ts';
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
  readonly codecOf: (provider: ApiProvider) => UpstreamWire;
  readonly nowMs: () => number;
}

export type ListModels = (
  provider: ApiProvider,
  key: LeasedCredential,
  signal: AbortSignal,
) => Promise<readonly ListedModel[]>;

const maxBytes = 8 * 1024 * 1024;

/** One GET. Errors: what a refusal means (`KEY_REJECTED`, ...), else as `RawTransport.send`. */
export function createModelList({ transport, userAgent, codecOf, nowMs }: ModelListOptions): ListModels {
  return async (provider, key, signal) => {
    const isAnthropic = provider.wire === 'anthropic';
    const sent = await transport.send(
      {
        method: 'GET',
        url: baseUrlOf(provider, key) + pathOf(provider, key, userAgent),
        headers: [
          'accept',
          'application/json',
          'accept-encoding',
          'identity',
          'user-agent',
          userAgent,
          ...(isAnthropic ? ['anthropic-version', '2023-06-01'] : []),
          ...(provider.wire === 'codex' ? introduction() : []),
          ...credentialHeader(provider, key),
        ],
        body: null,
      },
      signal,
    );
    const reply = hideKeyInHeaders(sent, key);
    const text = hideKey((await reply.read(maxBytes)).toString('utf8'), key);
    if (provider.wire === 'codex' && isWithoutList(reply.status)) return [];
    if (reply.status !== 200) throw codecOf(provider).decodeError(reply.status, reply.header, text, nowMs());
    return readModels(parseJson(text), provider);
  };
}

function baseUrlOf(provider: ApiProvider, key: LeasedCredential): string {
  if (provider.wire === 'kiro') return kiroBaseUrl(provider, key, null);
  return isCopilot(provider) ? copilotBaseUrl(provider, key) : provider.baseUrl;
}

function pathOf({ wire }: ApiProvider, key: LeasedCredential, userAgent: string): string {
  switch (wire) {
    case 'anthropic':
      return '/v1/models?limit=1000';
    case 'openai':
      return '/models';
    case 'codex':
      return codexModelsPath(userAgent);
    case 'kiro':
      // Its models are those of the settings: asking for them only shows whether the token is taken.
      return usagePath(profileOf(key));
  }
}

/** The ChatGPT backend promises no list: not having one is nobody's error. */
function isWithoutList(status: number): boolean {
  return status === 400 || status === 404 || status === 405 || status === 410;
}

function readModels(answer: unknown, provider: ApiProvider): readonly ListedModel[] {
  if (provider.wire === 'codex') return readCodexModels(answer);
  if (provider.wire === 'kiro') return (provider.models ?? []).map((id) => ({ id, name: id, raw: { id } }));
  const list = Array.isArray(answer) ? answer : asObject(answer)['data'];
  if (!Array.isArray(list)) {
    throw new CompanionError('UPSTREAM_UNREADABLE', `${provider.name} gave its models in an unknown form.`);
  }
  return asArray(list).flatMap((entry) => {
    const raw = asObject(entry);
    if (isCopilot(provider) && !isOffered(raw)) return [];
    // Gemini says `models/gemini-…` here and takes the name without it.
    const id = asText(raw['id'])?.replace(/^models\//, '');
    if (id === undefined) return [];
    return [{ id, name: asText(raw['display_name']) ?? asText(raw['name']) ?? id, raw: { ...raw, id } }];
  });
}

/** Copilot lists what the person has not agreed to, and what is there for editors alone. */
function isOffered({ policy, model_picker_enabled: isPicked, capabilities }: JsonObject): boolean {
  const state = asText(asObject(policy)['state']) ?? 'enabled';
  return state === 'enabled' && (isPicked !== false || asObject(capabilities)['type'] === 'embeddings');
}
