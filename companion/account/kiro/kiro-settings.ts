/** Where AWS is asked about Kiro logins, and under which name. */
import { inRegion, kiroApiUrl } from '../../config/aws-region.ts';
import type { Config } from '../../config/load.ts';
import type { StoredLogin } from '../login/stored-login.ts';

export interface KiroLoginSettings {
  readonly clientName: string;
  readonly scopes: readonly string[];
  /** For logins that name none. */
  readonly startUrl: string;
  readonly region: string;
  readonly profileArn: string | null;
  /** Of the login server in a region. */
  readonly oidcUrl: (region: string) => string;
  /** Of the service that serves a login. */
  readonly apiUrl: (login: StoredLogin) => string;
}

export function kiroLoginSettings({ kiro, upstreams }: Pick<Config, 'kiro' | 'upstreams'>): KiroLoginSettings {
  const profileArn = kiro.profileArn ?? null;
  return {
    clientName: kiro.clientName,
    scopes: kiro.scopes,
    startUrl: kiro.startUrl,
    region: kiro.region,
    profileArn,
    oidcUrl: (region) => inRegion(upstreams.awsOidc, region),
    apiUrl: ({ kiro: place }) => kiroApiUrl(upstreams.kiro, place?.profileArn ?? profileArn, place?.region),
  };
}
