/** What Claude Code cannot carry for an API client, found before a process is asked. */
import { CompanionError } from '../../base/error.ts';
import type { Warning } from '../codec.ts';
import { fieldPath } from '../hub/fields.ts';
import type { HubRequest } from '../hub/request.ts';
import { askedToolField } from '../hub/tool-fields.ts';
import { unplacedFields } from '../hub/unplaced-fields.ts';

/** Throws `NOT_AVAILABLE_IN_MODE` for a field that would change what the answer is, rather than only how it comes about. */
export function refuseUnavailable(request: HubRequest): void {
  const refused = askedToolField(request);
  if (refused !== undefined) throw notInClaudeCodeMode([refused], `\`${refused}\``);
  const last = request.messages.findLastIndex(({ role }) => role !== 'system');
  if (request.messages[last]?.role !== 'user') {
    const at = Math.max(0, last);
    throw notInClaudeCodeMode(
      ['messages', at, 'role'],
      'A conversation whose last turn is not from the user (prefill)',
    );
  }
}

/** `NOT_AVAILABLE_IN_MODE` for the field at `path`; `what` starts the sentence. */
export function notInClaudeCodeMode(path: readonly PropertyKey[], what: string): CompanionError {
  const field = fieldPath(path);
  const why = 'Claude Code answers with its own tools switched off and takes no others';
  return new CompanionError(
    'NOT_AVAILABLE_IN_MODE',
    `${what} is not available in claude-code mode: ${why} (${field}).`,
    { details: { field }, remedy: 'Leave it out, or use the mode that can do it: `api`.' },
  );
}

/** One warning for each field that is set and that Claude Code gives no say in, known or not. */
export function warnDropped(request: HubRequest): readonly Warning[] {
  const dropped = unplacedFields(request)
    // The limit has a place in the environment of the process, and temperature 1 is what Claude Code sends anyway.
    .filter(([field, value]) => field !== 'max_tokens' && !(field === 'temperature' && value === 1))
    .map(([field]) => ({ field, reason: 'not available in claude-code mode' }));
  const isSchemaAsked = Boolean(request.output_config?.format);
  return isSchemaAsked
    ? [...dropped, { field: 'output_config.format', reason: 'asked for in words and not enforced' }]
    : dropped;
}
