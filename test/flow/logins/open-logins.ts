/** The logins of a home as a companion opens them; also in programs of their own, so nothing of a test's is imported. */
import { LoginService } from '../../../companion/account/login/login-service.ts';
import { systemClock } from '../../../companion/base/clock.ts';
import { createLogger } from '../../../companion/base/log.ts';
import { pathsOf } from '../../../companion/config/paths.ts';
import { openVault } from '../../../companion/vault/open-vault.ts';
import type { Vault } from '../../../companion/vault/vault.ts';
import { httpEndpoint } from './http-endpoint.ts';

export interface OpenedLogins {
  readonly logins: LoginService;
  readonly vault: Vault;
  /** Every line that was logged. */
  readonly log: () => string;
}

export async function openLogins(home: string, tokenUrl: string): Promise<OpenedLogins> {
  const lines: string[] = [];
  const logger = createLogger({ level: 'trace', destination: { write: (line) => void lines.push(line) } });
  const paths = pathsOf(home);
  const config = { vault: { kind: 'file' }, auth: { encryption: {} } } as const;
  const { vault } = await openVault({ config, paths, logger });
  const endpoint = httpEndpoint(tokenUrl);
  const logins = await LoginService.open({
    vault,
    sources: [],
    endpoints: { anthropic: endpoint, openai: endpoint },
    locksFolder: paths.locks,
    home,
    refresh: { enabled: false, checkInterval: 300_000, refreshLeadTime: 600_000 },
    clock: systemClock,
    logger,
    quotasOf: () => [],
    onChange: () => undefined,
    environment: { HOME: home },
  });
  return { logins, vault, log: () => lines.join('') };
}
