/** The keys that the companion itself hands out, and what a person should know about them. */
import { randomBytes } from 'node:crypto';
import { Secret } from '../../shared/redact.ts';
import { CompanionError } from '../base/error.ts';
import type { Config } from '../config/load.ts';
import { soundKeyLength } from '../http/secret-check.ts';
import type { Vault } from '../vault/vault.ts';

/** HS256 is as strong as its secret, up to here. */
const soundSecretBytes = 32;

export class OwnKeys {
  /** Of whoever manages the companion over HTTP. */
  readonly admin: Secret;
  readonly #config: Config;
  readonly #vault: Vault;
  #client: Secret | null = null;

  private constructor(config: Config, vault: Vault, admin: Secret) {
    this.#config = config;
    this.#vault = vault;
    this.admin = admin;
  }

  /** Makes those that are not there yet. Errors: those of the vault. */
  static async open(config: Config, vault: Vault): Promise<OwnKeys> {
    const admin = config.security.adminKey ?? (await loadOrCreateKey(vault, 'admin-key', 'ccpa'));
    const keys = new OwnKeys(config, vault, admin);
    await keys.readClientKey();
    return keys;
  }

  /** Of every client that has none of its own; `null`: none is asked for. */
  get client(): Secret | null {
    return this.#client;
  }

  /** As the settings have it now. Errors: those of the vault. */
  async readClientKey(): Promise<Secret | null> {
    const { auth, authToken } = this.#config.security;
    this.#client = auth ? (authToken ?? (await loadOrCreateKey(this.#vault, 'client-key', 'ccpk'))) : null;
    return this.#client;
  }

  /** What keys of single clients are signed with; made when the first one is. Errors: those of the vault. */
  async jwtSecret(): Promise<Secret> {
    return this.#config.security.jwtSecret ?? loadOrCreateKey(this.#vault, 'jwt-secret', 'ccpj');
  }

  /**
   * Keys that protect less than they seem to, or that open nothing any more. `hasLostSecret`: the vault was set aside, and
   * there are client keys that were signed with what it held.
   */
  notices(hasLostSecret: boolean): readonly string[] {
    const { jwtSecret } = this.#config.security;
    const notices: readonly (readonly [boolean, string])[] = [
      [
        jwtSecret !== undefined && Buffer.byteLength(jwtSecret.reveal()) < soundSecretBytes,
        'CCPROXY_JWT_SECRET has less than 32 bytes and may be guessed: `openssl rand -base64 32` makes a better one.',
      ],
      [
        this.admin.reveal().length < soundKeyLength,
        `The admin key has less than ${soundKeyLength} characters and may be guessed: \`openssl rand -base64 32\` makes a better one.`,
      ],
      [
        this.#client?.reveal() === this.admin.reveal(),
        'The client key is the admin key as well, so that every client can manage the companion: set another one.',
      ],
      [
        jwtSecret === undefined && hasLostSecret,
        'The keys of single clients were signed with a secret that is gone: make them anew with `companion token create`.',
      ],
    ];
    return notices.filter(([isSo]) => isSo).map(([, text]) => text);
  }
}

/** Generated once, then kept: programs hold it in their settings. */
async function loadOrCreateKey(vault: Vault, name: string, prefix: string): Promise<Secret> {
  const key = await vault.update(name, (current) =>
    current === undefined ? new Secret(`${prefix}_${randomBytes(32).toString('base64url')}`) : undefined,
  );
  if (key === undefined) throw new CompanionError('INTERNAL', `The vault kept no ${name}.`);
  return key;
}
