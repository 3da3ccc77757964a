/** One login with its manager, a clock that stands still, and a provider that does as a test says. */
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { CredentialManager } from '../../../../companion/account/login/credential-manager.ts';
import type { LoginSource } from '../../../../companion/account/login/login-source.ts';
import { MemoryTokenStorage } from '../../../../companion/account/login/memory-token-storage.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import type { TokenStorage } from '../../../../companion/account/login/token-storage.ts';
import { memoryLogger } from '../../../../companion/base/log.ts';
import type { MemoryLogger } from '../../../../companion/base/log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeEndpoint } from '../../../support/logins.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

export const never = new AbortController().signal;
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;

export class WatchedStorage extends MemoryTokenStorage {
  loads = 0;
  /** Time passes between what a read finds and that it tells it. */
  isSlow = false;
  /** Thrown by each write while it is set. */
  trouble: Error | undefined;
  /** Runs before a write is done. */
  beforeSave: ((next: StoredLogin) => Promise<void> | void) | undefined;

  override async load(): Promise<StoredLogin | undefined> {
    this.loads += 1;
    const found = await super.load();
    if (this.isSlow) await settle();
    return found;
  }

  override async save(next: StoredLogin, expected: StoredLogin | undefined): Promise<boolean> {
    await this.beforeSave?.(next);
    if (this.trouble !== undefined) throw this.trouble;
    return super.save(next, expected);
  }

  /** What another program does. */
  async write(login: StoredLogin | undefined): Promise<void> {
    await super.delete();
    if (login !== undefined) await super.save(login, undefined);
  }
}

export interface Managed {
  readonly manager: CredentialManager;
  readonly storage: WatchedStorage;
  readonly endpoint: FakeEndpoint;
  readonly clock: FakeClock;
  readonly log: MemoryLogger;
  /** The `event` of each line. */
  events(): readonly string[];
  readonly changes: { count: number };
}

export async function managed(
  login: ((nowMs: number) => StoredLogin) | undefined,
  facts: Partial<LoginSource> = {},
): Promise<Managed> {
  const clock = new FakeClock();
  const storage = new WatchedStorage('memory', login?.(clock.nowMs()));
  const endpoint = new FakeEndpoint(() => clock.nowMs());
  const log = memoryLogger();
  const changes = { count: 0 };
  const manager = new CredentialManager({
    source: sourceOf(storage, facts),
    endpoint,
    lockPath: join(await temporaryFolder(), 'locks', 'login.lock'),
    leadMs: () => 10 * minute,
    clock,
    logger: log.logger,
    name: () => 'ada@example.com',
    onChange: () => void (changes.count += 1),
    random: () => 0.5,
  });
  await manager.reload();
  onTestFinished(() => manager.close());
  const events = (): readonly string[] => log.lines.map((line) => String(line['event'] ?? ''));
  return { manager, storage, endpoint, clock, log, events, changes };
}

export function sourceOf(storage: TokenStorage, facts: Partial<LoginSource> = {}): LoginSource {
  return {
    provider: 'anthropic',
    owner: 'companion',
    storage,
    mayRefresh: true,
    isEnabled: () => true,
    watch: () => () => undefined,
    ...facts,
  };
}

/** A moment of real time, in which whatever could happen by mistake has happened. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 15);
  });
}

/** Waits until what is under way, which touches the disk, has come as far as `check` wants. */
export async function until(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 15_000, interval: 5 });
  await settle();
}
