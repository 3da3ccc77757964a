/** What manages the companion, put together: the lists of credentials, files and sessions that its routes read and change. */
import { authFileNotices } from '../account/files/auth-file-notices.ts';
import { AuthFiles } from '../account/files/auth-files.ts';
import { systemClock } from '../base/clock.ts';
import { AuthBook } from '../http/control/auth-book.ts';
import { createKeyControl } from '../http/control/key-control.ts';
import type { KeyControl, KeyHealthFacts } from '../http/control/key-control.ts';
import { SessionDesk } from '../http/control/session-desk.ts';
import { LoginTickets } from '../http/device/login-tickets.ts';
import type { LedgerNames } from '../http/manage/ledger-names.ts';
import { forGoodMs } from '../router/plan.ts';
import type { Standing } from '../router/plan.ts';
import type { Core } from './core.ts';

export interface Management {
  readonly authBook: AuthBook;
  readonly authFiles: AuthFiles;
  readonly keyControl: KeyControl;
  readonly sessionDesk: SessionDesk;
  readonly loginTickets: LoginTickets;
  readonly names: LedgerNames;
  /** What a person should know, as of now. */
  notices(): readonly string[];
}

const totalsLifetimeMs = 30_000;

/** Reads the credential files once. Errors: those of the vault. */
export async function openManagement(core: Core): Promise<Management> {
  const { api, web, traits, limits, ledger, isOff, tellBrowsers: onChange, nowMs } = core;
  const { sessions } = web;
  const { pool } = api;
  const standing = (id: string): Standing => api.standing(id);
  const keyControl = createKeyControl({
    ...keysOf(core),
    ask: api.listModels,
    health: (id) => (isOff(id) ? { isHealthy: false, reason: 'you turned it off' } : healthOf(standing(id))),
    totals: () => ledger.totals(),
  });
  const authBook = new AuthBook({
    ...keysOf(core),
    logins: core.accounts.logins,
    sessions,
    traits,
    pool,
    ask: api.listModels,
    standing,
    quotaOf: (id) => limits.use(id),
    // Of this run the pool knows the last use; of earlier ones the ledger, which is long, and is not read at each look.
    totals: cachedFor(totalsLifetimeMs, () => ledger.totals()),
    onChange,
    onReplaced: (from, to) => moveLimit(core, from, to),
  });
  const authFiles = new AuthFiles({
    ...keysOf(core),
    folder: core.config.auth.folder ?? core.paths.authFolder,
    store: core.store,
    logger: core.logger,
    onChange,
    onReplaced: (from, to) => {
      traits.move(from, to);
      pool.forget(from);
      moveLimit(core, from, to);
    },
  });
  await authFiles.scan();
  const sessionDesk = new SessionDesk({ sessions, traits, pool, standing, onChange });
  const loginTickets = new LoginTickets(nowMs);
  const names: LedgerNames = {
    credentials: () => [...sessions.list(), ...api.named()],
    clientKeys: () => core.clientKeys.list(),
    providers: () => core.config.providers,
  };
  const notices = () => [...core.notices, ...authFileNotices(authFiles.statuses())];
  return {
    authBook,
    authFiles,
    keyControl,
    sessionDesk,
    loginTickets,
    names,
    notices,
  };
}

/** The keys, and the providers that they can be for, as the settings have them at every moment. */
function keysOf({ config, api }: Core) {
  return {
    keys: api.keys,
    get providers() {
      return config.providers;
    },
  };
}

/** A key with another secret has another id; what the person allowed it stays. */
function moveLimit({ limits }: Core, from: string, to: string): void {
  limits.setLimit([to], limits.use(from).limit);
}

function healthOf(standing: Standing): KeyHealthFacts {
  if (standing.state === 'ready') return { isHealthy: true, reason: null };
  const until = standing.untilMs >= forGoodMs ? '' : `, until ${new Date(standing.untilMs).toISOString()}`;
  return { isHealthy: false, reason: `${standing.reason}${until}` };
}

function cachedFor<Value>(lifetimeMs: number, read: () => Value): () => Value {
  let kept: { readonly value: Value; readonly untilMs: number } | undefined;
  return () => {
    const nowMs = systemClock.monotonicMs();
    if (kept === undefined || kept.untilMs <= nowMs) kept = { value: read(), untilMs: nowMs + lifetimeMs };
    return kept.value;
  };
}
