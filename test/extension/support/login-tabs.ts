import { hashState } from '../../../extension/oauth-rules.ts';
import type { OAuthStart } from '../../../extension/oauth-rules.ts';
import type { LoginTabsPort } from '../../../extension/ports.ts';
import type { RedirectLoginProviderId } from '../../../shared/credential.ts';

/** The tabs of a browser, as far as logins touch them: id and address, in order of opening. */
export class FakeLoginTabs implements LoginTabsPort {
  readonly urls = new Map<number, string>();
  readonly shown: number[] = [];
  hasWindow = true;
  /** What the browser reports when one of our tabs goes away. */
  onClosed: (tabId: number) => void = () => undefined;
  #lastId = 0;

  add(url: string): number {
    this.urls.set((this.#lastId += 1), url);
    return this.#lastId;
  }

  async openInFront(url: string): Promise<number> {
    if (!this.hasWindow) throw new Error('no window');
    return this.add(url);
  }

  async show(tabId: number): Promise<void> {
    if (!this.urls.has(tabId)) throw new Error('no such tab');
    this.shown.push(tabId);
  }

  async replace(tabId: number, page: string): Promise<void> {
    if (!this.urls.has(tabId)) throw new Error('no such tab');
    this.add(page);
    this.close(tabId);
  }

  close(tabId: number): void {
    this.urls.delete(tabId);
    this.onClosed(tabId);
  }

  get open(): readonly string[] {
    return [...this.urls.values()];
  }
}

export const redirectUris: Readonly<Record<RedirectLoginProviderId, string>> = {
  anthropic: 'http://localhost:54545/callback',
  openai: 'http://localhost:1455/auth/callback',
};

const authorizePages: Readonly<Record<RedirectLoginProviderId, string>> = {
  anthropic: 'https://claude.ai/oauth/authorize',
  openai: 'https://auth.openai.com/oauth/authorize',
};

/** What a companion offers, for a state that the test knows. */
export async function offer(
  provider: RedirectLoginProviderId,
  { loginId = `${provider}-login`, state = `${provider}-state`, expiresAtMs = Number.MAX_SAFE_INTEGER } = {},
): Promise<OAuthStart> {
  const redirectUri = redirectUris[provider];
  const authorizeUrl = new URL(authorizePages[provider]);
  authorizeUrl.search = String(new URLSearchParams({ response_type: 'code', redirect_uri: redirectUri, state }));
  const stateHash = await hashState(state);
  return { t: 'oauth.start', loginId, provider, authorizeUrl: authorizeUrl.href, redirectUri, stateHash, expiresAtMs };
}

/** Where the provider sends the person back to. */
export function redirectTo(provider: RedirectLoginProviderId, parameters: Readonly<Record<string, string>>): string {
  return `${redirectUris[provider]}?${new URLSearchParams(parameters)}`;
}
