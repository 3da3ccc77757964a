/** What claude.ai cannot do for an API client, found before anything is sent. */
import { CompanionError } from '../../base/error.ts';
import type { Warning } from '../codec.ts';
import { fieldPath } from '../hub/fields.ts';
import type { HubRequest } from '../hub/request.ts';
import { askedToolField } from '../hub/tool-fields.ts';
import { unplacedFields } from '../hub/unplaced-fields.ts';

/** Throws `NOT_AVAILABLE_IN_MODE` for a field that would change what the answer is, rather than only how it comes about. */
export function refuseUnavailable(request: HubRequest): void {
  const refused = askedToolField(request);
  if (refused !== undefined) throw notInWebMode([refused], `\`${refused}\``);
  const last = request.messages.length - 1;
  if (request.messages[last]?.role === 'assistant') {
    throw notInWebMode(['messages', last, 'role'], 'A last message from the assistant (prefill)');
  }
}

/** `NOT_AVAILABLE_IN_MODE` for the field at `path`; `what` starts the sentence. */
export function notInWebMode(path: readonly PropertyKey[], what: string): CompanionError {
  const field = fieldPath(path);
  const message = `${what} is not available in web mode, because claude.ai has no such thing for API clients (${field}).`;
  return new CompanionError('NOT_AVAILABLE_IN_MODE', message, {
    details: { field },
    remedy: 'Leave it out, or use the mode that can do it: `api`, with an API key or a login.',
  });
}

/** One warning for each field that is set and that claude.ai gives no say in, known or not. */
export function warnDropped(request: HubRequest): readonly Warning[] {
  const dropped = unplacedFields(request).map(([field]) => ({
    field,
    reason: field === 'max_tokens' ? 'not enforced in web mode' : 'not available in web mode',
  }));
  return [...dropped, ...warnNested(request)];
}

function warnNested({ output_config: output, thinking }: HubRequest): readonly Warning[] {
  const warnings: Warning[] = [];
  if (output?.effort) warnings.push({ field: 'output_config.effort', reason: 'not available in web mode' });
  if (output?.format) warnings.push({ field: 'output_config.format', reason: 'asked for in words and not enforced' });
  if (thinking?.type === 'enabled') {
    warnings.push({ field: 'thinking.budget_tokens', reason: 'claude.ai chooses the budget' });
  }
  return warnings;
}
