/** What stands behind the one list of credentials. */
import type { ApiProvider } from '../../../shared/api-provider.ts';
import type { ApiKeyService } from '../../account/api-keys.ts';
import type { CredentialTraits } from '../../account/credential-traits.ts';
import type { AskForModels } from '../../account/key-check.ts';
import type { Logins } from '../../account/login/login-service-contract.ts';
import type { SessionService } from '../../account/session-service.ts';
import type { KeyPool } from '../../router/pool.ts';
import type { CredentialTotals } from '../../store/ledger.ts';
import type { AuthFacts } from './auth-entry.ts';

export interface AuthServices extends Pick<AuthFacts, 'standing' | 'quotaOf'> {
  readonly keys: ApiKeyService;
  readonly logins: Logins;
  readonly sessions: SessionService;
  readonly traits: CredentialTraits;
  readonly providers: readonly ApiProvider[];
  readonly pool: KeyPool;
  /** Asks a provider for its models, which shows whether it takes a key. */
  readonly ask: AskForModels;
  readonly totals: () => readonly CredentialTotals[];
  /** Something that a status shows is another. */
  readonly onChange: () => void;
  /** A credential has another id from now on: what was set for it goes along. */
  readonly onReplaced: (from: string, to: string) => void;
}
