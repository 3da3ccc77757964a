/** Who is reached with a key, and with which keys: what the settings say about it, in the form that the services take. */
import {
  builtInProviders,
  codexProvider,
  compatibleQuirks,
  copilotProvider,
  kiroProvider,
} from '../../shared/api-provider.ts';
import type { ApiProvider, BuiltInProviderId, ChatQuirks } from '../../shared/api-provider.ts';
import type { Secret } from '../../shared/redact.ts';
import { camelKeys } from './camel-case.ts';
import type { ProviderBlock } from './provider-block.ts';

/** A key that the environment or the configuration gives. */
export interface ConfiguredKey {
  readonly providerId: string;
  readonly secret: Secret;
  /** `undefined` unless the person gave one. */
  readonly name: string | undefined;
  /** `undefined` unless the person gave one. */
  readonly priority: number | undefined;
  readonly origin: 'environment' | 'config';
  /** Where it stands: `environment CCPROXY_OPENAI_API_KEYS`, `/home/.../config.yaml:12`. */
  readonly source: string;
}

type KeyEntry = ProviderBlock['keys'][number];

/** Place of the key at `path` of the settings, such as `['keys', 'openai', 0]`. */
export type PlaceOf = (path: readonly [string, ...PropertyKey[]]) => Pick<ConfiguredKey, 'origin' | 'source'>;

/** The built-in providers at their configured addresses, then those of the configuration. */
export function listProviders(
  urls: Readonly<Record<BuiltInProviderId | 'chatgpt' | 'copilot', string>>,
  blocks: readonly ProviderBlock[],
  codexModels: readonly string[] = [],
  kiro: Partial<Pick<ApiProvider, 'baseUrl' | 'models'>> = {},
): readonly ApiProvider[] {
  const builtIn = builtInProviders.map((provider) => at(provider, urls[provider.id]));
  const models = codexModels.length > 0 ? codexModels : codexProvider.models;
  // Before OpenAI: where both are meant, the plan that is paid for already comes before the metered key.
  const codex: ApiProvider = { ...codexProvider, baseUrl: `${urls.chatgpt}/codex`, models };
  const [first, ...others] = builtIn;
  const resellers: readonly ApiProvider[] = [
    { ...copilotProvider, baseUrl: urls.copilot },
    { ...kiroProvider, ...kiro },
  ];
  return [...(first === undefined ? [] : [first]), codex, ...others, ...resellers, ...blocks.map(providerOf)];
}

function at(provider: ApiProvider, url: string): ApiProvider {
  return { ...provider, baseUrl: withoutVersion(url, provider.wire) };
}

function providerOf(block: ProviderBlock): ApiProvider {
  return {
    id: block.id,
    name: block.name ?? block.id,
    wire: block.wire,
    baseUrl: withoutVersion(block.base_url, block.wire),
    hasResponses: block.has_responses,
    modelPrefixes: block.prefixes,
    models: block.models,
    isKeyless: block.keyless,
    quirks: { ...compatibleQuirks, ...(camelKeys(block.quirks) as Partial<ChatQuirks>) },
  };
}

/** Anthropic's clients add `/v1` by themselves; a base URL that has it already is a slip that everybody makes once. */
function withoutVersion(url: string, wire: ApiProvider['wire']): string {
  return wire === 'anthropic' ? url.replace(/\/v1$/, '') : url;
}

/** Every key of every place, in the order of the places; the same one may come more than once. */
export function listKeys(
  keys: Readonly<Record<string, readonly KeyEntry[]>>,
  blocks: readonly ProviderBlock[],
  placeOf: PlaceOf,
): readonly ConfiguredKey[] {
  const ofBuiltIn = Object.entries(keys).flatMap(([providerId, entries]) =>
    entries.map((entry, index) => configured(providerId, entry, placeOf(['keys', providerId, index]))),
  );
  const ofBlocks = blocks.flatMap(({ id, keys: entries }, block) =>
    entries.map((entry, index) => configured(id, entry, placeOf(['providers', block, 'keys', index]))),
  );
  return [...ofBuiltIn, ...ofBlocks];
}

function configured(
  providerId: string,
  { key, name, priority }: KeyEntry,
  place: Pick<ConfiguredKey, 'origin' | 'source'>,
): ConfiguredKey {
  return { providerId, secret: key, name, priority, ...place };
}
