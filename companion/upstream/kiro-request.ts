/** What a request to Kiro has beside its translation: where it goes, whose profile it is for, and a number of its own. */
import { randomUUID } from 'node:crypto';
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { LeasedCredential } from '../../shared/credential.ts';
import { kiroApiUrl } from '../config/aws-region.ts';

/** The login's own profile, which goes before that of the settings; `null` where it has none. */
export function profileOf(key: LeasedCredential): string | null {
  return key.kind === 'oauth-token' ? (key.kiro?.profileArn ?? null) : null;
}

export function kiroBaseUrl({ baseUrl }: Pick<ApiProvider, 'baseUrl'>, key: LeasedCredential, preset: string | null) {
  return kiroApiUrl(baseUrl, profileOf(key) ?? preset, key.kind === 'oauth-token' ? key.kiro?.region : undefined);
}

export function forAccount(body: unknown, key: LeasedCredential): unknown {
  const profileArn = profileOf(key);
  return profileArn === null ? body : { ...(body as object), profileArn };
}

/** Ours alone: it is no SDK of AWS that asks, and no editor. */
export function invocationHeaders(): readonly string[] {
  return ['amz-sdk-invocation-id', randomUUID()];
}
