/** Where GitHub and Copilot are asked, as which client, and what of a Copilot token is believed. */
import { copilotProvider } from '../../../shared/api-provider.ts';
import type { Config } from '../../config/load.ts';

export interface CopilotSettings {
  /** Of an OAuth app that the person registered; there is no other. */
  readonly clientId: string | undefined;
  readonly scopes: readonly string[];
  /** Whether the GitHub token is traded for a Copilot token; `auto`: where GitHub does that for it. */
  readonly exchange: 'auto' | 'always' | 'never';
  /** Without a slash at its end, like the next. */
  readonly githubUrl: string;
  readonly githubApiUrl: string;
  /** The configured address of the API stands; otherwise the one that a token names goes first. */
  readonly isApiUrlSet: boolean;
}

/** Read when they are asked for: the person may set the client id while the companion runs. */
export function copilotSettings({ copilot, upstreams }: Pick<Config, 'copilot' | 'upstreams'>): CopilotSettings {
  return {
    get clientId() {
      return copilot.clientId;
    },
    get scopes() {
      return copilot.scopes;
    },
    get exchange() {
      return copilot.exchange;
    },
    githubUrl: upstreams.github,
    githubApiUrl: upstreams.githubApi,
    isApiUrlSet: upstreams.copilot !== copilotProvider.baseUrl,
  };
}

const home = 'githubcopilot.com';

/** The address of the API that a token names; `null` for one that is not GitHub's own, which is never asked. */
export function trustedApiUrl(named: unknown, { isApiUrlSet }: CopilotSettings): string | null {
  if (isApiUrlSet || typeof named !== 'string' || !URL.canParse(named)) return null;
  const { protocol, hostname, port, username, password, pathname, origin } = new URL(named);
  const isGithubs = hostname === home || hostname.endsWith(`.${home}`);
  const isPlain = protocol === 'https:' && port === '' && username === '' && password === '' && pathname === '/';
  return isGithubs && isPlain ? origin : null;
}
