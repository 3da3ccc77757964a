/** A provider of one's own in `config.yaml`: any server that speaks Anthropic's API or OpenAI's. */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { builtInProviders } from '../../shared/api-provider.ts';
import type { ChatQuirks } from '../../shared/api-provider.ts';
import { isOnThisComputer, plainUrl, withoutLastSlash } from './form.ts';
import { keyList } from './key-list.ts';

/** Ids that mean something else already, or will: those of the product's own providers and modes. */
const takenIds: ReadonlySet<string> = new Set([
  ...builtInProviders.map((provider) => provider.id),
  'claude',
  'claude-web',
  'claude-code',
  'codex',
  'copilot',
  'kiro',
  'web',
  'api',
  'client',
]);
const idWords = 'must begin with a letter and have only lower-case letters, digits and hyphens, at most 40';
const id = z.string({ error: idWords }).regex(/^[a-z][a-z0-9-]{0,39}$/, { error: idWords });

function shortText(error: string) {
  return z.string({ error }).trim().min(1, { error }).max(200, { error });
}

function textList(error: string) {
  const list = z.array(shortText(error), { error });
  return z.preprocess((value) => (typeof value === 'string' ? [value] : value), list);
}

const flag = z.boolean({ error: 'must be true or false' });

function oneOf<const Word extends string>(words: readonly [Word, ...Word[]]) {
  return z.enum(words, { error: `must be ${words.join(' or ')}` });
}

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Name;

const temperatureWords = 'must be a number from 0 to 2, or null';
export const quirkSchemas = {
  max_tokens_field: oneOf(['max_completion_tokens', 'max_tokens']),
  system_role: oneOf(['system', 'developer']),
  takes_stream_options: flag,
  takes_stop: flag,
  takes_images: flag,
  takes_parallel_tool_calls: flag,
  takes_user: flag,
  json_schema: oneOf(['native', 'instruction']),
  efforts: textList('must be a list of reasoning efforts, weakest first'),
  replays_reasoning: oneOf(['never', 'always', 'with-tools']),
  tool_ids: oneOf(['any', 'nine-alphanumerics']),
  least_temperature: z
    .number({ error: temperatureWords })
    .min(0, { error: temperatureWords })
    .max(2, { error: temperatureWords })
    .nullable(),
  required_tool_choice: oneOf(['required', 'any']),
  echoes_extra_content: flag,
  has_strict_turns: flag,
} satisfies Record<SnakeCase<keyof ChatQuirks>, z.ZodType>;

export const blockShape = {
  id: id.refine((value) => !takenIds.has(value), {
    error: (issue) => `may not be "${String(issue.input)}", which is built in: see \`upstreams\` and \`keys\``,
  }),
  name: shortText('must be a name').optional(),
  base_url: z.string({ error: 'must be the address of the server' }).trim().transform(withoutLastSlash),
  wire: oneOf(['openai', 'anthropic']).default('openai'),
  keys: keyList.default([]),
  models: textList('must be a list of model names; further names for them stand in `models.aliases`')
    .nullable()
    .default(null),
  prefixes: textList('must be a list of beginnings of model names').default([]),
  has_responses: flag.default(false),
  keyless: flag.default(false),
  allow_http: flag.default(false),
  quirks: z.strictObject(quirkSchemas, { error: 'must be a group of quirks' }).partial().default({}),
};

/** Every name that may stand somewhere in a block. */
export const blockNames: readonly string[] = [
  ...Object.keys(blockShape),
  ...Object.keys(quirkSchemas),
  'key',
  'priority',
];

const block = z
  .strictObject(blockShape, { error: 'must be a group with at least `name` and `base_url`' })
  .superRefine((value, context) => {
    const problem = problemOfAddress(value.base_url, value.allow_http);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['base_url'], message: problem });
  });

export type ProviderBlock = z.output<typeof block>;

/** A list of blocks, or a map whose names are the ids. */
export const providerBlocks = z.preprocess(
  asBlockList,
  z.array(block, { error: 'must be a list of providers' }).superRefine((blocks, context) => {
    for (const [index, { id: own }] of blocks.entries()) {
      if (blocks.findIndex((other) => other.id === own) === index) continue;
      context.addIssue({ code: 'custom', path: [index, 'id'], message: `may not be "${own}" twice` });
    }
  }),
);

function asBlockList(value: unknown): unknown {
  if (isGroup(value)) return Object.entries(value).map(([name, inner]) => withId(inner, name));
  return Array.isArray(value) ? value.map((inner: unknown) => withId(inner, undefined)) : value;
}

function withId(given: unknown, mapName: string | undefined): unknown {
  if (!isGroup(given)) return given;
  const value = inOurNames(given);
  if (mapName !== undefined) return { id: mapName, ...value };
  const { name } = value;
  return 'id' in value || typeof name !== 'string' ? value : { id: idFromName(name), ...value };
}

/** What cliproxyapi calls the parts of a block of `openai-compatibility`, whose names it writes with hyphens. */
const otherNames: Readonly<Record<string, string>> = {
  'base-url': 'base_url',
  'api-keys': 'keys',
  'api-key-entries': 'keys',
};

function inOurNames(given: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(given).map(([name, value]) => [
    Object.hasOwn(otherNames, name) ? otherNames[name] : name,
    Array.isArray(value) ? value.map(name === 'models' ? plainModel : plainKey) : value,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/** `{ name: kimi-k2 }`, or with an alias that is the same. */
function plainModel(item: unknown): unknown {
  if (!isGroup(item)) return item;
  const { name, alias = name, ...others } = item;
  return alias === name && Object.keys(others).length === 0 ? name : item;
}

function plainKey(item: unknown): unknown {
  if (!isGroup(item) || !('api-key' in item)) return item;
  const { 'api-key': key, ...others } = item;
  return { key, ...others };
}

function idFromName(name: string): string {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return plain.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
}

export function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problemOfAddress(address: string, isHttpAllowed: boolean): string | undefined {
  const url = plainUrl(address);
  if (url !== null && isMetadataHost(url.hostname)) return 'is where clouds keep the credentials of a machine';
  if (url?.protocol === 'https:') return undefined;
  if (url?.protocol !== 'http:') return 'must be an https:// address without a query (or http:// in your own network)';
  if (isOnThisComputer(address)) return undefined;
  if (!isPrivateHost(url.hostname)) return 'must begin with https://: over http:// anybody on the way reads your key';
  return isHttpAllowed ? undefined : 'is http:// in your network: `allow_http: true` beside it says that you know';
}

/** What a client asks of a provider it gets to read: these addresses hand out keys to whoever can reach them. */
const metadataHosts: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'metadata.google.internal',
  'metadata.goog',
]);

function isMetadataHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  return metadataHosts.has(ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : bare.toLowerCase());
}

/** A host of the local network: by its address, or by a name that no public server has. */
function isPrivateHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  if (!ipaddr.isValid(bare)) return !bare.includes('.') || /\.(local|lan|internal|home\.arpa)$/.test(bare);
  return ['private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat', 'loopback'].includes(ipaddr.process(bare).range());
}
