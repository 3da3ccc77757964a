/** What the API asks of a request beyond its shape, in its public words. */
import { invalid } from './errors.ts';
import type { AnthropicModel } from './models.ts';
import { isSignatureValid } from './plan.ts';
import type { JsonObject } from './plan.ts';

export interface RuleOptions {
  readonly checksSignatures: boolean;
}

interface Turn {
  readonly role: string;
  readonly content: string | readonly JsonObject[];
  readonly blocks: readonly JsonObject[];
}

const docs = 'Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking';

/** @throws Refusal. The body has the right shape. */
export function checkRules(body: JsonObject, model: AnthropicModel, options: RuleOptions): void {
  const turns = (body['messages'] as readonly JsonObject[]).map((message) => readTurn(message));
  if (turns.length === 0) throw invalid('messages: at least one message is required');
  checkSampling(body, model);
  checkThinking(body, model);
  checkTools(body, turns);
  checkTexts(body, turns);
  checkToolPairs(turns);
  checkThinkingBlocks(turns, options);
  if (isThinking(body)) checkThinkingBeforeResults(turns);
  checkLastTurn(turns, model, isThinking(body));
  checkCacheMarks(body);
}

function readTurn(message: JsonObject): Turn {
  const content = message['content'] as string | readonly JsonObject[];
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return { role: String(message['role']), content, blocks };
}

function isThinking(body: JsonObject): boolean {
  const type = (body['thinking'] as JsonObject | undefined)?.['type'];
  return type === 'enabled' || type === 'adaptive';
}

function checkSampling(body: JsonObject, model: AnthropicModel): void {
  const { temperature, top_p: topP, max_tokens: maxTokens } = body;
  if (typeof maxTokens === 'number' && maxTokens > model.maxTokens) {
    throw invalid(
      `max_tokens: ${maxTokens} > ${model.maxTokens}, which is the maximum allowed number of output tokens for ${model.id}`,
    );
  }
  if (model.sampling === 'none') {
    if (temperature !== undefined && temperature !== 1) throw invalid('`temperature` is deprecated for this model.');
    if (topP !== undefined) throw invalid('`top_p` is deprecated for this model.');
    if (body['top_k'] !== undefined) throw invalid('`top_k` is deprecated for this model.');
  }
  if (model.sampling === 'one' && temperature !== undefined && topP !== undefined) {
    throw invalid('`temperature` and `top_p` cannot both be specified for this model. Please use only one.');
  }
  const stops = (body['stop_sequences'] ?? []) as readonly string[];
  if (stops.some((one) => one.trim() === '')) {
    throw invalid('stop_sequences: each stop sequence must contain non-whitespace');
  }
}

function checkThinking(body: JsonObject, model: AnthropicModel): void {
  const effort = (body['output_config'] as JsonObject | undefined)?.['effort'];
  if (typeof effort === 'string' && !model.takesEffort) {
    throw invalid('This model does not support the effort parameter.');
  }
  const thinking = body['thinking'] as JsonObject | undefined;
  if (thinking === undefined || thinking['type'] === 'disabled') return;
  checkThinkingKind(String(thinking['type']), model);
  const budget = thinking['budget_tokens'];
  if (typeof budget === 'number' && typeof body['max_tokens'] === 'number' && body['max_tokens'] <= budget) {
    throw invalid(`\`max_tokens\` must be greater than \`thinking.budget_tokens\`. ${docs}`);
  }
  if (body['temperature'] !== undefined && body['temperature'] !== 1) {
    throw invalid(`\`temperature\` may only be set to 1 when thinking is enabled. ${docs}`);
  }
  if (body['top_k'] !== undefined) throw invalid(`\`top_k\` must be unset when thinking is enabled. ${docs}`);
  if (typeof body['top_p'] === 'number' && body['top_p'] < 0.95) {
    throw invalid(`\`top_p\` must be greater than or equal to 0.95 or unset when thinking is enabled. ${docs}`);
  }
  const choice = (body['tool_choice'] as JsonObject | undefined)?.['type'];
  if (choice === 'any' || choice === 'tool')
    throw invalid('Thinking may not be enabled when tool_choice forces tool use.');
}

function checkThinkingKind(kind: string, model: AnthropicModel): void {
  if (model.thinking.includes(kind as 'enabled' | 'adaptive')) return;
  if (model.thinking.length === 0) throw invalid(`'${model.id}' does not support thinking.`);
  throw invalid(
    kind === 'enabled'
      ? '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
      : 'adaptive thinking is not supported on this model',
  );
}

function checkTools(body: JsonObject, turns: readonly Turn[]): void {
  const tools = (body['tools'] ?? []) as readonly JsonObject[];
  const names = tools.map((tool) => String(tool['name']));
  if (new Set(names).size < names.length) throw invalid('tools: Tool names must be unique.');
  const choice = body['tool_choice'] as JsonObject | undefined;
  if (choice !== undefined && choice['type'] !== 'none' && tools.length === 0) {
    throw invalid('tool_choice: tool_choice may only be specified while providing tools.');
  }
  if (choice?.['type'] === 'tool' && !names.includes(String(choice['name']))) {
    throw invalid(`tool_choice: Tool '${String(choice['name'])}' not found in provided tools`);
  }
  const usesTools = turns.some(({ blocks }) =>
    blocks.some(({ type }) => type === 'tool_use' || type === 'tool_result'),
  );
  if (usesTools && tools.length === 0) {
    throw invalid('Requests which include `tool_use` or `tool_result` blocks must define tools');
  }
}

function checkTexts(body: JsonObject, turns: readonly Turn[]): void {
  const system = body['system'];
  if (Array.isArray(system)) checkBlockTexts('system', system as readonly JsonObject[]);
  for (const [index, { role, content, blocks }] of turns.entries()) {
    const isOptional = role === 'assistant' && index === turns.length - 1;
    if (content.length === 0 && !isOptional) {
      throw invalid(
        `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      );
    }
    if (typeof content === 'string' && isOptional) continue;
    checkBlockTexts('messages', blocks);
    for (const block of blocks) {
      if (block['type'] === 'tool_result' && Array.isArray(block['content'])) {
        checkBlockTexts('messages', block['content'] as readonly JsonObject[]);
      }
    }
  }
}

function checkBlockTexts(where: string, blocks: readonly JsonObject[]): void {
  for (const { type, text } of blocks) {
    if (type !== 'text') continue;
    if (text === '') throw invalid(`${where}: text content blocks must be non-empty`);
    if (String(text).trim() === '') throw invalid(`${where}: text content blocks must contain non-whitespace text`);
  }
}

function checkToolPairs(turns: readonly Turn[]): void {
  const seen = new Set<string>();
  for (const [index, { role, blocks }] of turns.entries()) {
    const asked = idsOf(blocks, 'tool_use', 'id');
    if (asked.length > 0 && role !== 'assistant') {
      throw invalid(`messages.${index}: \`tool_use\` blocks can only be in \`assistant\` messages`);
    }
    for (const id of asked) {
      if (seen.has(id)) throw invalid('messages: `tool_use` ids must be unique');
      seen.add(id);
    }
    checkResults(index, role, blocks, index === 0 ? [] : idsOf(turns[index - 1]?.blocks ?? [], 'tool_use', 'id'));
    const answered = idsOf(turns[index + 1]?.blocks ?? [], 'tool_result', 'tool_use_id');
    const missing = asked.filter((id) => !answered.includes(id));
    if (missing.length === 0) continue;
    throw invalid(
      `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. ` +
        'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
    );
  }
}

function checkResults(index: number, role: string, blocks: readonly JsonObject[], asked: readonly string[]): void {
  const answered = new Set<string>();
  let hasOther = false;
  for (const [position, block] of blocks.entries()) {
    if (block['type'] !== 'tool_result') {
      hasOther = true;
      continue;
    }
    const id = String(block['tool_use_id']);
    if (role !== 'user') throw invalid(`messages.${index}: \`tool_result\` blocks can only be in \`user\` messages`);
    if (!asked.includes(id)) {
      throw invalid(
        `messages.${index}.content.${position}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. ` +
          'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      );
    }
    if (answered.has(id)) {
      throw invalid(
        `messages.${index}.content.${position}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
      );
    }
    // Text that stands before the results leaves the call unanswered in the API's eyes.
    if (hasOther) {
      throw invalid(
        `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${id}. ` +
          'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
      );
    }
    answered.add(id);
  }
}

function idsOf(blocks: readonly JsonObject[], type: string, field: string): readonly string[] {
  return blocks.flatMap((block) => (block['type'] === type ? [String(block[field])] : []));
}

function checkThinkingBlocks(turns: readonly Turn[], { checksSignatures }: RuleOptions): void {
  for (const [index, { blocks }] of turns.entries()) {
    for (const [position, { type, thinking, signature }] of blocks.entries()) {
      if (type !== 'thinking') continue;
      if (thinking === '' && signature === '') {
        throw invalid(`messages.${index}.content.${position}.thinking: each thinking block must contain thinking`);
      }
      if (checksSignatures && !isSignatureValid(String(thinking), String(signature))) {
        throw invalid(`messages.${index}.content.${position}: Invalid \`signature\` in \`thinking\` block`);
      }
    }
  }
}

/** From the last plain user message on, an assistant's turn that calls tools begins with its thinking. */
function checkThinkingBeforeResults(turns: readonly Turn[]): void {
  const isResult = ({ blocks }: Turn) => blocks.some(({ type }) => type === 'tool_result');
  const last = turns.at(-1);
  if (last === undefined || !isResult(last)) return;
  const index = turns.length - 2;
  const found = turns[index]?.blocks[0]?.['type'];
  if (found === 'thinking' || found === 'redacted_thinking') return;
  throw invalid(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(found)}\`. ` +
      'When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the ' +
      'lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous ' +
      `turns. To avoid this requirement, disable \`thinking\`. ${docs}`,
  );
}

function checkLastTurn(turns: readonly Turn[], model: AnthropicModel, isThinkingOn: boolean): void {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return;
  if (!model.takesPrefill || isThinkingOn) {
    throw invalid(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  const text = last.blocks.at(-1)?.['text'];
  if (typeof text === 'string' && text !== text.trimEnd()) {
    throw invalid('messages: final assistant content cannot end with trailing whitespace');
  }
}

function checkCacheMarks(body: JsonObject): void {
  const marks = countMarks(body['system']) + countMarks(body['tools']) + countMarks(body['messages']);
  const all = marks + (body['cache_control'] === undefined || body['cache_control'] === null ? 0 : 1);
  if (all > 4) throw invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${all}.`);
}

/** Blocks with a mark: of a list, of its members' `content`, and of what those hold. */
function countMarks(value: unknown): number {
  if (!Array.isArray(value)) return 0;
  let marks = 0;
  for (const member of value as readonly JsonObject[]) {
    if (member['cache_control'] !== undefined && member['cache_control'] !== null) marks += 1;
    marks += countMarks(member['content']);
  }
  return marks;
}
