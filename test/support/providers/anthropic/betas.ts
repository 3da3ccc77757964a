import type { Call } from '../server/call.ts';

/** The names in `anthropic-beta`. */
export function betasOf(call: Call): readonly string[] {
  const betas = call.record.headers['anthropic-beta'];
  return betas === undefined ? [] : betas.split(',').map((one) => one.trim());
}
