/** Tool names: the hub's may be twice as long as the ones that Chat Completions takes. */
import { createHash } from 'node:crypto';

const MAX_LENGTH = 64;

/** The name unchanged if it is allowed, else the beginning of it and eight digits that tell it apart. */
export function targetToolName(name: string): string {
  if (/^[a-zA-Z0-9_-]{1,64}$/.test(name)) return name;
  const suffix = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_LENGTH - 9)}_${suffix}`;
}
