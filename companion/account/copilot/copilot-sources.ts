/** GitHub tokens that the person has already: in the settings, and with the GitHub CLI. */
import type { Secret } from '../../../shared/redact.ts';
import type { LoginSource } from '../login/login-source.ts';
import { readGhToken } from './gh-token.ts';
import type { GhOptions } from './gh-token.ts';
import { GithubTokenStorage } from './github-token-storage.ts';

const shared = { provider: 'copilot', mayRefresh: true, isReadOnly: true, watch: () => () => undefined } as const;

/** `place`: where it stands, for a person. */
export function settingsTokenSource(token: Secret, place: string): LoginSource {
  return {
    ...shared,
    owner: 'environment',
    storage: new GithubTokenStorage(place, () => Promise.resolve(token)),
    renewRemedy: `Put a new GitHub token into its place (${place}), and start the companion anew.`,
    isEnabled: () => true,
  };
}

/** Nothing is run or read before the person turns it on. */
export function ghSource(options: GhOptions & { readonly isEnabled: () => boolean }): LoginSource {
  const { isEnabled } = options;
  const read = () => (isEnabled() ? readGhToken(options) : Promise.resolve(undefined));
  return {
    ...shared,
    owner: 'gh',
    storage: new GithubTokenStorage('the GitHub CLI (gh auth token)', read),
    renewRemedy: 'Sign in again with `gh auth login`; the companion sees it within a few minutes.',
    isEnabled,
  };
}
