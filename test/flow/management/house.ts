/** The whole companion in this process, and its management routes over HTTP with the admin key. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../../companion/app.ts';
import type { App } from '../../../companion/app.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import type { MemoryLogger } from '../../../companion/base/log.ts';
import { LiveConfig } from '../../../companion/config/live-config.ts';
import { pathsOf } from '../../../companion/config/paths.ts';
import type { SettingKey } from '../../../companion/config/schema.ts';
import type { LedgerRow } from '../../../companion/store/ledger.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import { createTemporaryHome } from '../../support/temporary-home.ts';

export interface ManagementHouseOptions {
  /** Runs before the companion opens its home. */
  readonly prepare?: (home: string) => void;
  readonly settings?: Readonly<Partial<Record<SettingKey, string | number | boolean>>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Text of `config.yaml`. */
  readonly config?: string;
}

export interface ManagementHouse {
  readonly home: string;
  readonly app: App;
  readonly url: string;
  readonly log: MemoryLogger;
  /** With the admin key. */
  get(path: string): Promise<Response>;
  /** Writes into the database as if exchanges had just ended. */
  append(...rows: readonly LedgerRow[]): void;
  close(): Promise<void>;
}

export async function openManagementHouse(options: ManagementHouseOptions = {}): Promise<ManagementHouse> {
  const home = await createTemporaryHome();
  if (options.config !== undefined) writeFileSync(join(home.path, 'config.yaml'), options.config, { mode: 0o600 });
  options.prepare?.(home.path);
  const live = new LiveConfig({
    flags: { home: home.path, 'server.port': 0, 'vault.kind': 'file', ...options.settings },
    environment: { CCPROXY_UPSTREAM_CLAUDE_WEB: 'http://127.0.0.1:9', ...options.environment },
    cwd: home.path,
  });
  const log = memoryLogger();
  const app = await createApp({ config: live.config, live, logger: log.logger, environment: { HOME: home.path } });
  const url = await app.start();
  const adminKey = app.service.adminKey().reveal();
  return {
    home: home.path,
    app,
    url,
    log,
    get: (path) => fetch(url + path, { headers: { 'x-admin-key': adminKey } }),
    append: (...rows) => {
      const { store } = openStore(pathsOf(home.path).database, { quarantine: false });
      store.appendExchanges(rows);
      store.close();
    },
    async close() {
      await app.stop();
      await home.remove();
    },
  };
}
