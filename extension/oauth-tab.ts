import type { RedirectLoginProviderId } from '../shared/credential.ts';
import type { CompanionFrame, ExtensionFrame } from '../shared/link/frame.ts';
import type { CompanionStatus } from '../shared/status.ts';
import { mayOpenLogin } from './oauth-rules.ts';
import type { OAuthAnswer, OAuthStart } from './oauth-rules.ts';
import {
  aged,
  changeRecord,
  createLoginCell,
  isUnderWay,
  isWaiting,
  judge,
  newRecord,
  settled,
  toAttempt,
} from './oauth-store.ts';
import type { LoginCell, LoginRecord } from './oauth-store.ts';
import type { Clock, LoginTabsPort, RedirectNavigation, StoragePort } from './ports.ts';
import type { LoginAnswer, LoginAttempt } from './state.ts';

type OAuthResult = Extract<CompanionFrame, { t: 'oauth.result' }>;
type CancelReason = Extract<ExtensionFrame, { t: 'oauth.cancel' }>['reason'];

/** How long the click on "Sign in" stands for the click that opens the page. */
export const BEGIN_CLICK_LIFE_MS = 20_000;

export const loginPage = (id: string): string => `oauth-done.html?login=${encodeURIComponent(id)}`;
export const strayPage = 'oauth-done.html?stray';

export interface LoginTabsOptions {
  /** `storage.session`. */
  readonly memory: StoragePort;
  readonly clock: Clock;
  readonly tabs: LoginTabsPort;
  /** `false` when there is no link. */
  readonly send: (frame: ExtensionFrame) => boolean;
  /** An answer waits for the link: now is the time to try it. */
  readonly reach: () => void;
  readonly onChange: () => void;
}

/**
 * The logins that this browser knows of: opens their page after a click, catches the redirect, puts our own page where a
 * dead one would stand, and tells the companion. Whatever happens is worked through one after another, from
 * `storage.session`, so that neither a race nor a sleeping worker loses an answer.
 */
export class LoginTabs {
  readonly #options: LoginTabsOptions;
  readonly #cell: LoginCell;
  /** Logins whose answer this link has carried. Another link carries it again: nobody knows what the last one lost. */
  readonly #told = new Set<string>();
  #begun: { readonly provider: RedirectLoginProviderId; readonly untilMs: number } | undefined;
  #cancelExpiry: (() => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: LoginTabsOptions) {
    this.#options = options;
    this.#cell = createLoginCell(options.memory);
  }

  get attempts(): readonly LoginAttempt[] {
    return aged(this.#cell.value, this.#options.clock.now()).flatMap(toAttempt);
  }

  async load(): Promise<void> {
    await this.#cell.load();
    await this.dropExpired();
  }

  /** The person asked for this login in a page of ours: its page opens by itself once the companion offers it. */
  expect(provider: RedirectLoginProviderId): void {
    this.#begun = { provider, untilMs: this.#options.clock.now() + BEGIN_CLICK_LIFE_MS };
  }

  noteOffer(start: OAuthStart): Promise<void> {
    return this.#next(async () => {
      if (this.#record(start.loginId) !== undefined) return this.#deliver();
      if (!(await mayOpenLogin(start))) {
        this.#options.send({ t: 'oauth.cancel', loginId: start.loginId, reason: 'refused' });
        return;
      }
      const record = newRecord(start, this.#options.clock.now());
      // The companion has one login under way for each provider: this one took the place of any other.
      await this.#update((records) => [
        ...records.filter((one) => one.provider !== record.provider || !isUnderWay(one)),
        record,
      ]);
      if (this.#takeBegun(record.provider)) await this.#open(record);
    });
  }

  /** It is over, here or wherever else it was finished. */
  noteResult({ loginId, ok, account, error }: OAuthResult): Promise<void> {
    return this.#next(async () => {
      const stage = ok ? 'done' : 'failed';
      const told = error === undefined ? null : { code: error.code, message: error.message };
      const nowMs = this.#options.clock.now();
      const outcome = { stage, account: account ?? null, error: told } as const;
      await this.#change(loginId, (record) => settled(record, outcome, nowMs));
    });
  }

  /** A login that the companion no longer lists has ended while there was no link to hear it over. */
  noteStatus({ pendingLogins, atMs }: CompanionStatus): Promise<void> {
    if (pendingLogins === undefined) return Promise.resolve();
    const listed = new Set(pendingLogins.map(({ id }) => id));
    return this.#next(async () => {
      const nowMs = this.#options.clock.now();
      const isMissing = (one: LoginRecord): boolean => isUnderWay(one) && one.offeredAtMs < atMs && !listed.has(one.id);
      for (const { id } of this.#cell.value.filter(isMissing)) {
        await this.#change(id, (record) => settled(record, { stage: 'over' }, nowMs));
      }
    });
  }

  noteOnline(): Promise<void> {
    return this.#next(async () => this.#deliver());
  }

  noteOffline(): void {
    this.#told.clear();
  }

  noteUnpaired(): Promise<void> {
    this.#begun = undefined;
    return this.#next(async () => void (await this.#update((records) => (records.length === 0 ? records : []))));
  }

  /** Shows the provider's page of a login that waits. Only ever called for a person's click. */
  open(id: string): Promise<LoginAnswer> {
    return this.#next(async () => {
      const record = this.#record(id);
      if (record === undefined || !isWaiting(record)) return { ok: false, code: 'gone', message: '' };
      return (await this.#showOpened(record)) ? { ok: true } : this.#open(record);
    });
  }

  cancel(id: string): Promise<void> {
    return this.#next(async () => this.#cancel(id, 'person'));
  }

  noteNavigation({ tabId, url, isDead }: RedirectNavigation): Promise<void> {
    return this.#next(async () => {
      const verdict = await judge(url, aged(this.#cell.value, this.#options.clock.now()));
      switch (verdict?.kind) {
        case 'answer':
          return this.#take(verdict.record.id, tabId, verdict.answer);
        case 'again':
          return this.#showOutcome(verdict.record.id, tabId);
        case 'stray':
          // A page that loads is somebody's: another program waits for that answer.
          return isDead ? this.#explainStray(tabId) : undefined;
        case undefined:
          return undefined;
      }
    });
  }

  /** A page of a login opened another tab: the login goes on in both. */
  noteTabOpened(tabId: number, openerTabId: number): Promise<void> {
    return this.#next(async () => {
      const opener = this.#cell.value.find(({ tabIds }) => tabIds.includes(openerTabId));
      if (opener === undefined) return;
      await this.#change(opener.id, (record) => ({ ...record, tabIds: [...record.tabIds, tabId] }));
    });
  }

  /** The person closed the last tab in which a login went on. */
  noteTabClosed(tabId: number): Promise<void> {
    return this.#next(async () => {
      const login = this.#cell.value.find(({ tabIds }) => tabIds.includes(tabId));
      if (login === undefined) return;
      const tabIds = login.tabIds.filter((id) => id !== tabId);
      await this.#change(login.id, (record) => ({ ...record, tabIds }));
      if (tabIds.length === 0 && login.stage === 'opened') await this.#cancel(login.id, 'tab-closed');
    });
  }

  /** Forgets what is too old; to be called now and then, for timers die with the worker. */
  async dropExpired(): Promise<void> {
    await this.#update((records) => records);
  }

  /** One thing at a time; a failure is the caller's to hear, and stops nothing. */
  #next<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(async () => {
      await this.#cell.load();
      return work();
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #take(id: string, tabId: number, answer: OAuthAnswer): Promise<void> {
    // First what must not be lost, then what is seen; and an answered login no longer minds its tab being closed.
    await this.#change(id, (record) => ({ ...record, stage: 'answered', owed: { t: 'oauth.callback', answer } }));
    this.#deliver();
    await this.#showOutcome(id, tabId);
  }

  async #showOutcome(id: string, tabId: number): Promise<void> {
    if (this.#record(id)?.redirectTabIds.includes(tabId) !== false) return;
    await this.#change(id, (record) => ({ ...record, redirectTabIds: [...record.redirectTabIds, tabId] }));
    await this.#replace(tabId, loginPage(id));
  }

  /** The login goes on waiting, for another click if this was the only tab that it had. */
  async #explainStray(tabId: number): Promise<void> {
    await this.#update((records) =>
      records.map((record) => {
        if (!record.tabIds.includes(tabId)) return record;
        const tabIds = record.tabIds.filter((id) => id !== tabId);
        return {
          ...record,
          tabIds,
          stage: record.stage === 'opened' && tabIds.length === 0 ? 'offered' : record.stage,
        };
      }),
    );
    await this.#replace(tabId, strayPage);
  }

  /** A tab that the person closed in this moment needs no page. */
  async #replace(tabId: number, page: string): Promise<void> {
    await this.#options.tabs.replace(tabId, page).catch(() => undefined);
  }

  async #open({ id, authorizeUrl }: LoginRecord): Promise<LoginAnswer> {
    try {
      const tabId = await this.#options.tabs.openInFront(authorizeUrl);
      await this.#change(id, (record) => ({ ...record, stage: 'opened', tabIds: [tabId] }));
      return { ok: true };
    } catch {
      return { ok: false, code: 'no-tab', message: '' };
    }
  }

  async #showOpened({ tabIds }: LoginRecord): Promise<boolean> {
    const tabId = tabIds.at(-1);
    if (tabId === undefined) return false;
    return this.#options.tabs.show(tabId).then(
      () => true,
      () => false,
    );
  }

  #takeBegun(provider: RedirectLoginProviderId): boolean {
    const begun = this.#begun;
    if (begun?.provider !== provider) return false;
    this.#begun = undefined;
    return this.#options.clock.now() <= begun.untilMs;
  }

  async #cancel(id: string, reason: Exclude<CancelReason, 'refused'>): Promise<void> {
    await this.#change(id, (record) =>
      isWaiting(record) ? { ...record, stage: 'cancelled', owed: { t: 'oauth.cancel', reason } } : record,
    );
    this.#deliver();
  }

  /** Tells the companion what this link has not carried yet. */
  #deliver(): void {
    for (const { id, owed } of this.#cell.value) {
      if (owed === null || this.#told.has(id)) continue;
      const isSent = this.#options.send(
        owed.t === 'oauth.callback'
          ? { t: owed.t, loginId: id, ...owed.answer }
          : { t: owed.t, loginId: id, reason: owed.reason },
      );
      if (isSent) this.#told.add(id);
      else this.#options.reach();
    }
  }

  #record(id: string): LoginRecord | undefined {
    return aged(this.#cell.value, this.#options.clock.now()).find((record) => record.id === id);
  }

  #change(id: string, change: (record: LoginRecord) => LoginRecord): Promise<void> {
    return this.#update((records) => changeRecord(records, id, change));
  }

  async #update(change: (records: readonly LoginRecord[]) => readonly LoginRecord[]): Promise<void> {
    const { clock, onChange } = this.#options;
    const before = this.#cell.value;
    const after = await this.#cell.update((records) => aged(change(records), clock.now()));
    this.#planExpiry(after);
    if (after !== before) onChange();
  }

  #planExpiry(records: readonly LoginRecord[]): void {
    this.#cancelExpiry?.();
    if (records.length === 0) return;
    const { clock } = this.#options;
    const nextMs = Math.min(...records.map(({ expiresAtMs }) => expiresAtMs));
    this.#cancelExpiry = clock.after(Math.max(0, nextMs - clock.now()), () => void this.dropExpired());
  }
}
