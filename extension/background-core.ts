import type { CompanionStatus } from '../shared/status.ts';
import type { CompanionFrame } from '../shared/link/frame.ts';
import { ApiCalls } from './api-calls.ts';
import { badgeFor } from './badge.ts';
import type { Badge } from './badge.ts';
import { BrowserFetch } from './browser-fetch.ts';
import { createChoicesCell } from './choices.ts';
import type { ChoicesCell } from './choices.ts';
import { Farewells } from './farewells.ts';
import { KeptStatus } from './kept-status.ts';
import { Link } from './link.ts';
import type { LinkSurroundings } from './link-connection.ts';
import { Logins } from './logins.ts';
import { PageAudience } from './page-server.ts';
import type { AnyPageRequest, PageAnswer } from './page-server.ts';
import { PairStore } from './pair-store.ts';
import { pair } from './pairing.ts';
import type { LoginTabsPort, MessagePort, NoticePort, RedirectNavigation, StoragePort, TabsPort } from './ports.ts';
import { createSessionReader, isSessionCookie } from './session-reader.ts';
import type { BrowserCookie, CookieApis, SessionReader } from './session-reader.ts';
import { SessionSync } from './session-sync.ts';
import { SettingsQuestions } from './settings-questions.ts';
import type { Choices, CookieStoreChoice, ExtensionState, LinkState, PairAnswer } from './state.ts';
import { createSyncCell } from './sync-store.ts';

/** How long the click that gave consent counts as a wish to sync. */
const CLICK_LIFE_MS = 2 * 60_000;

export interface BackgroundPorts extends LinkSurroundings {
  /** `storage.local`: what outlives the browser. */
  readonly local: StoragePort;
  /** `storage.session`: what outlives the worker. */
  readonly memory: StoragePort;
  readonly cookieApis: CookieApis;
  readonly tabs: TabsPort;
  readonly loginTabs: LoginTabsPort;
  /** 0 to 1. */
  readonly random: () => number;
  readonly keepAwake: () => void;
  /** Starts or stops the alarm that wakes the worker each minute. */
  readonly keepAlarm: (isOn: boolean) => void;
  readonly showBadge: (badge: Badge) => void;
  readonly notices: NoticePort;
}

/** Everything that the background does, apart from the browser's own calls; `entrypoints/background.ts` feeds it events. */
export class BackgroundCore {
  readonly #ports: BackgroundPorts;
  readonly #pairs: PairStore;
  readonly #choices: ChoicesCell;
  readonly #status: KeptStatus;
  readonly #link: Link;
  readonly #farewells: Farewells;
  readonly #reader: SessionReader;
  readonly #sync: SessionSync;
  readonly #jobs: BrowserFetch;
  readonly #logins: Logins;
  readonly #audience = new PageAudience();
  readonly #settingsQuestions: SettingsQuestions;
  readonly #apiCalls: ApiCalls;
  #hasSitePermission = false;
  #stores: readonly CookieStoreChoice[] = [];
  #isPublishDue = false;
  #pairing: Promise<PairAnswer> | undefined;
  readonly #loaded: Promise<void>;

  constructor(ports: BackgroundPorts) {
    const { local, memory, clock } = ports;
    const onChange = (): void => this.#publishSoon();
    this.#ports = ports;
    this.#pairs = new PairStore(local);
    this.#choices = createChoicesCell(local);
    this.#status = new KeptStatus(local, clock);
    const record = createSyncCell(local);
    this.#reader = createSessionReader(ports.cookieApis, () => this.#choices.value.consentedAtMs !== null);
    this.#link = new Link({
      ...ports,
      pairs: this.#pairs,
      onState: (state) => this.#noteLinkState(state),
      onFrame: (frame, body) => this.#takeFrame(frame, body),
    });
    this.#farewells = new Farewells({ ...ports, pairs: this.#pairs, onChange: () => this.#noteFarewell() });
    this.#sync = new SessionSync({
      reader: this.#reader,
      choices: this.#choices,
      record,
      clock,
      send: (frame) => this.#link.send(frame),
      onChange,
    });
    this.#jobs = new BrowserFetch({
      tabs: ports.tabs,
      memory,
      clock,
      objection: (store) => this.#objectionToJobs(store),
      send: (frame, body) => void this.#link.send(frame, body),
      onChange,
    });
    this.#logins = new Logins({
      memory,
      clock,
      tabs: ports.loginTabs,
      send: (frame) => this.#link.send(frame),
      reach: () => void this.#link.nudge(),
      onChange,
      companion: () => this.#status.value,
    });
    this.#settingsQuestions = new SettingsQuestions({
      clock,
      ask: () => this.#link.send({ t: 'client-settings.get' }),
    });
    this.#apiCalls = new ApiCalls({ clock, send: (frame, body) => this.#link.send(frame, body) });
    this.#loaded = this.#load(record);
  }

  /** The worker has started, for whatever reason. */
  async start(): Promise<void> {
    await this.#loaded;
    await Promise.all([this.#refresh(), this.#reach(), this.#jobs.tabs.closeLeftovers()]);
    await this.#sync.look();
  }

  /** Each minute: the net below all timers. */
  async noteAlarm(): Promise<void> {
    await this.#loaded;
    await Promise.all([
      this.#link.nudge(),
      this.#farewells.deliver(),
      this.#jobs.tabs.closeLeftovers(),
      this.#logins.tabs.dropExpired(),
    ]);
  }

  /** The network is back. */
  async noteNetwork(): Promise<void> {
    await this.#loaded;
    await this.#reach();
  }

  async noteCookieChange(cookie: Pick<BrowserCookie, 'name' | 'domain' | 'storeId' | 'partitionKey'>): Promise<void> {
    if (!isSessionCookie(cookie)) return;
    await this.#loaded;
    await Promise.all([this.#sync.noteCookieChange(cookie.storeId), this.#link.nudge()]);
  }

  /** The browser's own prompt may have closed the popup in the middle of a sync: what the click began is finished here. */
  async notePermissions(): Promise<void> {
    await this.#loaded;
    await this.#refresh();
    await this.#sync.look();
    const { consentedAtMs } = this.#choices.value;
    const isJustAgreed = consentedAtMs !== null && this.#ports.clock.now() - consentedAtMs < CLICK_LIFE_MS;
    if (this.#hasSitePermission && isJustAgreed && this.#sync.state.kind === 'never') await this.#sync.sync();
  }

  /** A page of ours is open: it gets every snapshot, and is a reason to try the link. */
  async addPage(port: MessagePort): Promise<void> {
    await this.#loaded;
    this.#audience.add(port, this.#snapshot());
    await Promise.all([this.#refresh(), this.#reach(), this.#sync.look()]);
  }

  addRunner(port: MessagePort, tabId: number): void {
    this.#jobs.tabs.accept(port, tabId);
  }

  /** A tab went to an address that may be a login's redirect, or failed to. */
  async noteRedirect(navigation: RedirectNavigation): Promise<void> {
    await this.#loaded;
    await this.#logins.tabs.noteNavigation(navigation);
  }

  async noteTabOpened(tabId: number, openerTabId: number): Promise<void> {
    await this.#loaded;
    await this.#logins.tabs.noteTabOpened(tabId, openerTabId);
  }

  async noteTabClosed(tabId: number): Promise<void> {
    await this.#loaded;
    await this.#logins.tabs.noteTabClosed(tabId);
  }

  /** Serves a page's request. The answer is that of `PageRequests`. */
  async answer({ request, input }: AnyPageRequest): Promise<PageAnswer> {
    await this.#loaded;
    switch (request) {
      case 'pair':
        return this.#pair(input.token);
      case 'sync':
        await this.#refresh();
        return this.#sync.sync();
      case 'unsync':
        await this.#sync.unsync();
        return null;
      case 'unpair':
        return this.#unpair();
      case 'choose':
        return this.#choose(input);
      case 'try-now':
        await this.#reach();
        return null;
      case 'stop-job':
        if (!this.#jobs.stop(input.id)) this.#link.send({ t: 'exchange.stop', exchangeId: input.id });
        return null;
      case 'client-settings':
        return this.#settingsQuestions.ask();
      case 'begin-login':
        return this.#logins.begin(input.provider);
      case 'open-login':
        return this.#logins.tabs.open(input.id);
      case 'cancel-login':
        await this.#logins.tabs.cancel(input.id);
        return null;
      case 'refresh-login':
        return this.#logins.refresh(input.id);
      case 'remove-login':
        return this.#logins.remove(input.id);
      case 'call-api':
        return this.#apiCalls.ask(input);
    }
  }

  async #load(record: { load(): Promise<unknown> }): Promise<void> {
    const { tabs } = this.#logins;
    await Promise.all([this.#pairs.load(), this.#choices.load(), record.load(), this.#status.load(), tabs.load()]);
  }

  async #refresh(): Promise<void> {
    const [hasPermission, stores] = await Promise.all([this.#reader.hasPermission(), this.#reader.listStores()]);
    this.#hasSitePermission = hasPermission;
    this.#stores = stores;
    this.#publishSoon();
  }

  /** Tries whoever may be there now: the companion of this pair, and those that a goodbye is owed to. */
  async #reach(): Promise<void> {
    await Promise.all([this.#link.tryNow(), this.#farewells.deliver()]);
  }

  #pair(token: string): Promise<PairAnswer> {
    const reconnect = (): Promise<void> => this.#link.restart();
    this.#pairing ??= pair(token, { ...this.#ports, pairs: this.#pairs, reconnect }).finally(() => {
      this.#pairing = undefined;
      this.#publishSoon();
      void this.#farewells.deliver();
    });
    return this.#pairing;
  }

  async #unpair(): Promise<null> {
    await this.#pairs.unpair(this.#ports.clock.now());
    this.#publishSoon();
    await this.#link.restart();
    await this.#farewells.deliver();
    return null;
  }

  async #choose(change: Partial<Choices>): Promise<null> {
    const { consentedAtMs } = await this.#choices.update((choices) => ({ ...choices, ...change }));
    this.#publishSoon();
    // Without consent nothing may stay shared; otherwise the companion hears of the change when there is a link.
    if (consentedAtMs === null) await this.#sync.unsync();
    void this.#sync.noteChoices();
    return null;
  }

  async #objectionToJobs(store: string): Promise<'no-consent' | 'no-permission' | null> {
    await this.#loaded;
    if (this.#choices.value.consentedAtMs === null || !this.#sync.isShared(store)) return 'no-consent';
    return (await this.#reader.hasPermission()) ? null : 'no-permission';
  }

  #noteLinkState(state: LinkState): void {
    this.#keepAlarm();
    if (state.kind === 'online') {
      this.#link.send({ t: 'status.get' });
      if (this.#link.pairId !== undefined) void this.#sync.noteOnline(this.#link.pairId);
      this.#logins.noteOnline();
    } else {
      this.#jobs.dropAll();
      this.#sync.noteOffline();
      this.#logins.noteOffline();
      this.#settingsQuestions.settle(null);
      this.#apiCalls.noteOffline();
    }
    if (state.kind === 'unpaired') {
      this.#keepStatus(null);
      void this.#sync.noteUnpaired();
      void this.#logins.tabs.noteUnpaired();
    }
    this.#publishSoon();
  }

  #noteFarewell(): void {
    this.#keepAlarm();
    this.#publishSoon();
  }

  #keepAlarm(): void {
    this.#ports.keepAlarm(this.#link.state.kind !== 'unpaired' || this.#farewells.isAnyOwed);
  }

  #takeFrame(frame: CompanionFrame, body: Uint8Array<ArrayBuffer>): void {
    switch (frame.t) {
      case 'session.ack':
        return this.#sync.noteAck(frame);
      case 'session.request':
        return void this.#sync.noteRequest();
      case 'status':
        this.#logins.noteStatus(frame.status);
        return this.#keepStatus(frame.status);
      case 'oauth.start':
      case 'oauth.result':
        return void this.#logins.takeFrame(frame);
      case 'client-settings':
        return this.#settingsQuestions.settle(frame.settings);
      case 'job.start':
      case 'job.body':
      case 'job.cancel':
      case 'job.window':
        return void this.#jobs.take(frame, body);
      case 'api.answer':
        return this.#apiCalls.take(frame, body);
      case 'notify':
        return this.#showNotice(frame);
      case 'error':
        return this.#takeError(frame);
      case 'ready':
      case 'pair.committed':
      case 'rekey.offer':
      case 'rekey.ack':
      case 'ping':
      case 'pong':
      case 'unpair':
        return undefined;
    }
  }

  #takeError(error: Extract<CompanionFrame, { t: 'error' }>): void {
    const { code, message, ref } = error;
    if (ref === 'session.push') this.#sync.noteError({ code, message });
    else if (ref === 'client-settings.get') this.#settingsQuestions.settle(null);
    else if (this.#apiCalls.noteError(error)) return;
    else this.#logins.noteError(error);
  }

  /** What the system does not show is in the log of the companion all the same. */
  #showNotice({ id, title, text }: Extract<CompanionFrame, { t: 'notify' }>): void {
    this.#ports.notices.show({ id, title, text }).catch(() => undefined);
  }

  #keepStatus(status: CompanionStatus | null): void {
    this.#status.keep(status);
    this.#publishSoon();
  }

  /** Changes come in bunches; one snapshot tells them all. */
  #publishSoon(): void {
    if (this.#isPublishDue) return;
    this.#isPublishDue = true;
    void this.#publish();
  }

  async #publish(): Promise<void> {
    await this.#loaded;
    this.#isPublishDue = false;
    const state = this.#snapshot();
    this.#audience.publish(state);
    const badge = badgeFor(state, this.#ports.clock.now());
    if (badge !== null) this.#ports.showBadge(badge);
  }

  #snapshot(): ExtensionState {
    const shown = this.#pairs.shown;
    return {
      // Known from the store alone, so that an unpaired person never sees a moment of "connecting".
      link: shown === null ? { kind: 'unpaired' } : this.#link.state,
      pair: shown,
      goodbyeUntilMs: this.#farewells.missedUntilMs,
      choices: this.#choices.value,
      hasSitePermission: this.#hasSitePermission,
      signedIn: this.#sync.signedIn,
      sync: this.#sync.state,
      companion: this.#status.value,
      jobs: this.#jobs.running,
      stores: this.#stores,
      logins: this.#logins.tabs.attempts,
    };
  }
}
