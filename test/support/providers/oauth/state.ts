/** What an authorization server holds, for all its routes. */
import type { AuthorizeRules, Denial, Ticket } from './authorize.ts';
import type { CallBook } from './call-book.ts';
import type { Ledger } from './ledger.ts';
import type { AuthScenario, TroubleList } from './scenario.ts';
import type { TokenRules } from './token.ts';

export interface AuthPerson {
  readonly email: string;
}

export interface AuthState<Person extends AuthPerson> {
  readonly rules: AuthorizeRules<Person>;
  readonly tokenRules: TokenRules<Person>;
  readonly ledger: Ledger<Person>;
  readonly tickets: Map<string, Ticket>;
  readonly denials: Denial[];
  readonly troubles: TroubleList;
  readonly calls: CallBook;
  readonly people: readonly Person[];
  /** Who sits at the browser. */
  visitor: Person;
  scenario: AuthScenario;
}
