import type { RedirectLoginProviderId } from '../shared/credential.ts';
import type { CompanionFrame } from '../shared/link/frame.ts';
import type { CompanionStatus } from '../shared/status.ts';
import { CompanionChanges } from './companion-changes.ts';
import { LoginTabs } from './oauth-tab.ts';
import type { LoginTabsOptions } from './oauth-tab.ts';
import type { LoginAnswer } from './state.ts';

export interface LoginsOptions extends LoginTabsOptions {
  /** The newest status of the companion. */
  readonly companion: () => CompanionStatus | null;
}

/** Everything about logins that pages, link and tabs ask for. */
export class Logins {
  readonly tabs: LoginTabs;
  readonly #changes: CompanionChanges;
  readonly #companion: () => CompanionStatus | null;

  constructor(options: LoginsOptions) {
    this.tabs = new LoginTabs(options);
    this.#changes = new CompanionChanges(options);
    this.#companion = options.companion;
  }

  begin(provider: RedirectLoginProviderId): Promise<LoginAnswer> {
    const before = new Set((this.#companion()?.pendingLogins ?? []).map(({ id }) => id));
    this.tabs.expect(provider);
    return this.#changes.ask({ t: 'login.begin', provider }, ({ pendingLogins = [] }) =>
      pendingLogins.some((login) => login.provider === provider && !before.has(login.id)),
    );
  }

  refresh(id: string): Promise<LoginAnswer> {
    const before = this.#login(id);
    return this.#changes.ask({ t: 'login.refresh', id }, (status) => {
      const after = loginOf(status, id);
      return after?.refreshedAtMs !== before?.refreshedAtMs || after?.expiresAtMs !== before?.expiresAtMs;
    });
  }

  remove(id: string): Promise<LoginAnswer> {
    return this.#changes.ask({ t: 'login.remove', id }, (status) => loginOf(status, id) === undefined);
  }

  takeFrame(frame: Extract<CompanionFrame, { t: 'oauth.start' | 'oauth.result' }>): Promise<void> {
    return frame.t === 'oauth.start' ? this.tabs.noteOffer(frame) : this.tabs.noteResult(frame);
  }

  noteStatus(status: CompanionStatus): void {
    this.#changes.noteStatus(status);
    void this.tabs.noteStatus(status);
  }

  noteError(error: Extract<CompanionFrame, { t: 'error' }>): void {
    this.#changes.noteError(error);
  }

  noteOnline(): void {
    void this.tabs.noteOnline();
  }

  noteOffline(): void {
    this.#changes.noteOffline();
    this.tabs.noteOffline();
  }

  #login(id: string) {
    const status = this.#companion();
    return status === null ? undefined : loginOf(status, id);
  }
}

function loginOf({ logins = [] }: CompanionStatus, id: string) {
  return logins.find((login) => login.id === id);
}
