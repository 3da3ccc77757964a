/** Questions about an account on claude.ai: who is it, what may it use, what is left. */
import type { QuotaWindow } from '../../shared/quota.ts';
import { CompanionError, toCompanionError } from '../base/error.ts';
import { chooseOrganisation, modelsOf, parseBootstrap, parseOrganisations } from '../wire/claude-web/account.ts';
import type { SiteAccount, WebAccount, WebModel, WebOrganisation } from '../wire/claude-web/account.ts';
import { windowsOfUsage } from '../wire/claude-web/usage.ts';
import { askClaude } from './claude-api.ts';
import type { Transport } from './transport.ts';

const client = 'companion';
const unnamedAccount: WebAccount = { accountId: null, email: null, displayName: null, organisations: [], models: [] };

export class ClaudeSite {
  readonly #transport: Transport;
  readonly #nowMs: () => number;

  constructor(transport: Transport, nowMs: () => number) {
    this.#transport = transport;
    this.#nowMs = nowMs;
  }

  get kind(): Transport['kind'] {
    return this.#transport.kind;
  }

  /** Takes the first of the preferred organisations that may chat. Throws `SESSION_EXPIRED` when nobody is signed in. */
  async identify(preferredOrganisations: readonly string[], signal: AbortSignal): Promise<SiteAccount> {
    const document = await this.#startUpDocument(signal);
    const account = document === undefined ? unnamedAccount : parseBootstrap(document);
    if (account === undefined) throw new CompanionError('SESSION_EXPIRED', 'claude.ai says that nobody is signed in.');
    const organisations = await this.#organisations(account, signal);
    const isUsable = (id: string) =>
      organisations.some((organisation) => organisation.id === id && organisation.mayChat);
    const chosen = chooseOrganisation(organisations, preferredOrganisations.find(isUsable));
    const models = await this.#models(document, chosen, signal);
    return {
      accountId: account.accountId,
      email: account.email,
      displayName: account.displayName,
      organisations: organisations.map(({ id, name, mayChat }) => ({ id, name, mayChat })),
      organisationId: chosen?.id ?? null,
      plan: chosen?.plan ?? null,
      models: [...models],
    };
  }

  async usage(organisationId: string, signal: AbortSignal): Promise<readonly QuotaWindow[]> {
    const body = await this.#get(`/api/organizations/${encodeURIComponent(organisationId)}/usage`, signal);
    return windowsOfUsage(body, this.#nowMs());
  }

  /** `undefined` when it has moved or changed its form: a private address may, and the organisations alone can serve. */
  async #startUpDocument(signal: AbortSignal): Promise<unknown> {
    try {
      const document = await this.#get('/api/bootstrap', signal);
      parseBootstrap(document);
      return document;
    } catch (cause) {
      if (toCompanionError(cause).code === 'UPSTREAM_UNREADABLE') return undefined;
      throw cause;
    }
  }

  /** The start-up document usually lists them; the endpoint of their own is asked only when it does not. */
  async #organisations(account: WebAccount, signal: AbortSignal): Promise<readonly WebOrganisation[]> {
    if (account.organisations.some((organisation) => organisation.mayChat)) return account.organisations;
    return parseOrganisations(await this.#get('/api/organizations', signal));
  }

  /** An account without a model list can still chat with its default model, so a failure here is none. */
  async #models(
    document: unknown,
    organisation: WebOrganisation | undefined,
    signal: AbortSignal,
  ): Promise<readonly WebModel[]> {
    const listed = modelsOf(document, organisation?.id);
    if (listed.length > 0 || organisation === undefined) return listed;
    try {
      return modelsOf(
        await this.#get(`/api/bootstrap/${encodeURIComponent(organisation.id)}/app_start`, signal),
        organisation.id,
      );
    } catch (cause) {
      if (toCompanionError(cause).code === 'SESSION_EXPIRED') throw cause;
      return [];
    }
  }

  #get(path: string, signal: AbortSignal): Promise<unknown> {
    return askClaude(this.#transport, { method: 'GET', path, client }, this.#nowMs, signal);
  }
}
