/** Some servers repeat in a refusal what they were sent. What is ours goes no further than this. */
import { scrub } from '../../../shared/redact.ts';
import type { Secret } from '../../../shared/redact.ts';

/** What is shorter would be found in ordinary words. */
const shortest = 6;

/** `text` with stars for each of `secrets`, as it is and as it stands in a URL, and for all that looks like one. */
export function hideSecrets(text: string, secrets: readonly (Secret | null)[]): string {
  const known = secrets.flatMap((secret) => {
    const value = secret?.reveal() ?? '';
    return value.length < shortest ? [] : [value, encodeURIComponent(value)];
  });
  return scrub(known.reduce((hidden, value) => hidden.replaceAll(value, '***'), text));
}
