/** What an API client may set in a request, and a product made for people has no place for. */
import type { HubRequest } from './request.ts';
import { toolFields } from './tool-fields.ts';

/** Fields that compose reads, that the companion serves itself, or that change nothing in the answer. */
const silentFields: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'stream',
  'stop_sequences',
  'thinking',
  'output_config',
  'metadata',
  'cache_control',
  'diagnostics',
  ...toolFields,
]);

/** Names and values of the fields that are set, known or not, beyond those that all such products have a place for. */
export function unplacedFields(request: HubRequest): readonly (readonly [field: string, value: unknown])[] {
  return Object.entries(request).filter(
    ([field, value]) => !silentFields.has(field) && value !== undefined && value !== null,
  );
}
