/** The shape of a request body, and the API's words for what does not fit it. */
import { z } from 'zod';
import { invalid } from './errors.ts';
import type { JsonObject } from './plan.ts';

const toolId = z.string().regex(/^[a-zA-Z0-9_-]+$/);
const serverToolId = z.string().regex(/^srvtoolu_[a-zA-Z0-9_]+$/);
const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).nullish();
const open = z.looseObject({});

const source = {
  base64: (types: readonly string[]) =>
    z.strictObject({ type: z.literal('base64'), media_type: z.enum(types as [string]), data: z.base64().min(1) }),
  url: z.strictObject({ type: z.literal('url'), url: z.string().regex(/^https?:\/\//) }),
  file: z.strictObject({ type: z.literal('file'), file_id: z.string() }),
  text: z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
};

const text = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  citations: z.array(open).nullish(),
  cache_control: cacheControl,
});

const image = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    source.base64(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
    source.url,
    source.file,
  ]),
  cache_control: cacheControl,
});

const document = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    source.base64(['application/pdf']),
    source.url,
    source.file,
    source.text,
    z.strictObject({ type: z.literal('content'), content: z.union([z.string(), z.array(open)]) }),
  ]),
  title: z.string().nullish(),
  context: z.string().nullish(),
  citations: z.strictObject({ enabled: z.boolean().optional() }).nullish(),
  cache_control: cacheControl,
});

const searchResult = z.strictObject({
  type: z.literal('search_result'),
  source: z.string(),
  title: z.string(),
  content: z.array(text),
  citations: z.strictObject({ enabled: z.boolean().optional() }).nullish(),
  cache_control: cacheControl,
});

const toolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: toolId,
  content: z
    .union([
      z.string(),
      z.array(
        z.discriminatedUnion('type', [
          text,
          image,
          document,
          searchResult,
          z.strictObject({ type: z.literal('tool_reference'), tool_name: z.string(), cache_control: cacheControl }),
        ]),
      ),
    ])
    .nullish(),
  is_error: z.boolean().nullish(),
  cache_control: cacheControl,
});

const serverResult = <const Type extends string>(type: Type) =>
  z.strictObject({
    type: z.literal(type),
    tool_use_id: serverToolId,
    content: z.union([open, z.array(open)]),
    caller: open.nullish(),
    cache_control: cacheControl,
  });

const block = z.discriminatedUnion('type', [
  text,
  image,
  document,
  searchResult,
  toolResult,
  z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() }),
  z.strictObject({
    type: z.literal('tool_use'),
    id: toolId,
    name: z.string().min(1).max(200),
    input: z.record(z.string(), z.unknown()),
    caller: open.nullish(),
    cache_control: cacheControl,
  }),
  z.strictObject({
    type: z.literal('server_tool_use'),
    id: serverToolId,
    name: z.string().min(1),
    input: z.record(z.string(), z.unknown()),
    caller: open.nullish(),
    cache_control: cacheControl,
  }),
  serverResult('web_search_tool_result'),
  serverResult('web_fetch_tool_result'),
  serverResult('code_execution_tool_result'),
  serverResult('bash_code_execution_tool_result'),
  serverResult('text_editor_code_execution_tool_result'),
  serverResult('tool_search_tool_result'),
  z.strictObject({ type: z.literal('container_upload'), file_id: z.string(), cache_control: cacheControl }),
]);

const effort = z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish();

const message = z.strictObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(block)]),
  // Of system messages, from which it holds on (a beta).
  output_config: z.strictObject({ effort }).optional(),
});

const customTool = z.strictObject({
  type: z.literal('custom').nullish(),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  strict: z.boolean().nullish(),
  eager_input_streaming: z.boolean().nullish(),
  defer_loading: z.boolean().optional(),
  input_examples: z.array(open).optional(),
  allowed_callers: z.array(z.string()).optional(),
  cache_control: cacheControl,
});

const serverTool = z.looseObject({
  type: z.string().regex(/^[a-z_]+_\d{8}$/),
  name: z.string(),
  cache_control: cacheControl,
});

const thinkingDisplay = z.enum(['summarized', 'omitted', 'updates']).nullish();
const parallel = { disable_parallel_tool_use: z.boolean().optional() };

const shared = {
  model: z.string().min(1).max(256),
  messages: z.array(message),
  system: z.union([z.string(), z.array(text)]).optional(),
  tools: z.array(z.unknown()).optional(),
  tool_choice: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('auto'), ...parallel }),
      z.strictObject({ type: z.literal('any'), ...parallel }),
      z.strictObject({ type: z.literal('tool'), name: z.string(), ...parallel }),
      z.strictObject({ type: z.literal('none') }),
    ])
    .optional(),
  thinking: z
    .discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('enabled'),
        budget_tokens: z.int().min(1024),
        display: thinkingDisplay,
      }),
      z.strictObject({ type: z.literal('adaptive'), display: thinkingDisplay }),
      z.strictObject({ type: z.literal('disabled') }),
    ])
    .optional(),
  output_config: z
    .strictObject({
      effort,
      format: z.strictObject({ type: z.literal('json_schema'), schema: open }).nullish(),
    })
    .optional(),
  cache_control: cacheControl,
};

const messagesSchema = {
  ...shared,
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).optional(),
  stop_sequences: z.array(z.string()).optional(),
  metadata: z.strictObject({ user_id: z.string().max(256).nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  container: z.union([z.string(), open]).nullish(),
  inference_geo: z.string().nullish(),
  user_profile_id: z.string().nullish(),
  workspace_id: z.string().nullish(),
  diagnostics: open.nullish(),
  speed: z.enum(['standard', 'fast']).nullish(),
};

/** Fields of the beta surface, each with the beginning of the beta's name that lets it pass. */
const betaFields: Readonly<Record<string, string>> = {
  context_management: 'context-management-',
  mcp_servers: 'mcp-client-',
  thread: 'message-threads-',
};

const schemas = {
  messages: z.strictObject(messagesSchema),
  count: z.strictObject(shared),
};

/** @throws Refusal in the API's words; the first problem counts. */
export function checkShape(kind: keyof typeof schemas, body: unknown, betas: readonly string[]): JsonObject {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('The request body is not valid JSON: expected value at line 1 column 1');
  }
  const rest: Record<string, unknown> = { ...body };
  for (const [field, beta] of Object.entries(betaFields)) {
    if (betas.some((one) => one.startsWith(beta))) delete rest[field];
  }
  throwFirst(schemas[kind].safeParse(rest), rest);
  for (const [index, tool] of ((rest['tools'] ?? []) as readonly unknown[]).entries()) checkTool(tool, index);
  return body as JsonObject;
}

function checkTool(tool: unknown, index: number): void {
  const type = typeof tool === 'object' && tool !== null ? (tool as JsonObject)['type'] : undefined;
  const isCustom = type === undefined || type === null || type === 'custom';
  const result = isCustom ? customTool.safeParse(tool) : serverTool.safeParse(tool);
  throwFirst(result, tool, ['tools', String(index), isCustom ? 'custom' : String(type)]);
}

function throwFirst(result: z.ZodSafeParseResult<unknown>, value: unknown, prefix: readonly string[] = []): void {
  const issue = result.error?.issues[0];
  if (issue === undefined) return;
  throw invalid(describe(issue, value, prefix));
}

function describe(issue: z.core.$ZodIssue, value: unknown, prefix: readonly string[]): string {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const inner = deepest(issue.errors);
    if (inner !== undefined) return describe({ ...inner, path: [...issue.path, ...inner.path] }, value, prefix);
  }
  const own = pathOf(issue);
  return `${[...prefix, ...nameTags(own, value)].join('.')}: ${sayIssue(issue, valueAt(value, issue.path))}`;
}

function pathOf(issue: z.core.$ZodIssue): readonly PropertyKey[] {
  if (issue.code === 'unrecognized_keys') return [...issue.path, issue.keys[0] ?? ''];
  return issue.code === 'invalid_union' && issue.path.at(-1) === 'type' ? issue.path.slice(0, -1) : issue.path;
}

/** Of the members of a union, the one that the value came closest to: a list is no broken string. */
function deepest(errors: readonly (readonly z.core.$ZodIssue[])[]): z.core.$ZodIssue | undefined {
  const firsts = errors.flatMap((issues) => issues.slice(0, 1));
  return firsts.toSorted((one, other) => other.path.length - one.path.length)[0];
}

/** The API writes which member of a union it took: `content.0.tool_use.id`. */
function nameTags(path: readonly PropertyKey[], value: unknown): readonly string[] {
  const named: string[] = [];
  let at = value;
  for (const [index, segment] of path.entries()) {
    named.push(String(segment));
    at = valueAt(at, [segment]);
    const tag = typeof at === 'object' && at !== null ? (at as JsonObject)['type'] : undefined;
    const isUnion = typeof segment === 'number' || ['tool_choice', 'thinking', 'source'].includes(String(segment));
    const isNamed = typeof tag === 'string' && isUnion && index < path.length - 1;
    if (isNamed && !(index === path.length - 2 && path[index + 1] === 'type')) named.push(tag);
  }
  return named;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, segment) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[segment] : undefined,
    value,
  );
}

function sayIssue(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && issue.code !== 'unrecognized_keys') return 'Field required';
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'Extra inputs are not permitted';
    case 'invalid_type':
      return `Input should be a valid ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_format':
      return issue.format === 'regex'
        ? `String should match pattern '${String(issue.pattern ?? '').slice(1, -1)}'`
        : 'Invalid base64 data';
    case 'too_small':
      return issue.origin === 'string'
        ? `String should have at least ${issue.minimum} character${issue.minimum === 1 ? '' : 's'}`
        : `Input should be greater than or equal to ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `String should have at most ${issue.maximum} characters`
        : `Input should be less than or equal to ${issue.maximum}`;
    case 'invalid_value':
      return `Input should be ${issue.values
        .map((one) => `'${String(one)}'`)
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')}`;
    default:
      return `Input tag '${String(valueAt(value, ['type']) ?? value)}' found using 'type' does not match any of the expected tags`;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'list',
  record: 'dictionary',
  object: 'dictionary',
  int: 'integer',
};
