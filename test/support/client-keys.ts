import { CompanionError } from '../../companion/base/error.ts';
import { ClientKeyCheck } from '../../companion/http/client-key.ts';
import type { Secret } from '../../shared/redact.ts';

/** Of a companion that has no key but its own; `null` where none is asked for. */
export function ownKeyCheck(key: Secret | null, nowMs: () => number): ClientKeyCheck {
  const clientKeys = {
    recognise: () => {
      throw new CompanionError('CLIENT_KEY_INVALID', 'There is no other key.');
    },
  };
  return new ClientKeyCheck({ key, clientKeys, mode: 'both', nowMs });
}
