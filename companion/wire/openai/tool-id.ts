/** Tool call ids as the hub takes them. */
import { createHash } from 'node:crypto';

/**
 * A valid id unchanged; any other with `_` for what is not allowed and eight hex digits of its SHA-256, so that two
 * different ids stay different and the same one stays the same.
 */
export function sanitizeToolId(id: string): string {
  if (/^[a-zA-Z0-9_-]+$/.test(id)) return id;
  const suffix = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return id === '' ? `call_${suffix}` : `${id.replaceAll(/[^a-zA-Z0-9_-]/g, '_')}_${suffix}`;
}

/**
 * Hands out ids that are unique in one conversation: clients of small models count `call_0` anew in every turn. The
 * same conversation, or a longer one that begins with it, gets the same ids again.
 */
export function createToolIds(): (id: string) => string {
  const used = new Set<string>();
  return (id) => {
    const wanted = sanitizeToolId(id);
    let given = wanted;
    for (let count = 2; used.has(given); count += 1) given = `${wanted}_${count}`;
    used.add(given);
    return given;
  };
}
