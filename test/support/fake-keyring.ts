import { KeyringUnavailable } from '../../companion/vault/keyring.ts';
import type { Keyring } from '../../companion/vault/keyring.ts';
import { Secret } from '../../shared/redact.ts';

/** A keyring in memory that a test can lock and look into. */
export class FakeKeyring implements Keyring {
  readonly entries = new Map<string, string>();
  /** Why it cannot be used; `undefined` when it can. */
  trouble: string | undefined;
  probes = 0;
  isClosed = false;

  async probe(): Promise<void> {
    this.probes += 1;
    if (this.trouble !== undefined) throw new KeyringUnavailable(this.trouble);
  }

  /** A locked keyring denies that there is such an entry, as the real one does. */
  async read(account: string): Promise<Secret | undefined> {
    const value = this.trouble === undefined ? this.entries.get(account) : undefined;
    return value === undefined ? undefined : new Secret(value);
  }

  async write(account: string, secret: Secret): Promise<void> {
    if (this.trouble !== undefined) throw new KeyringUnavailable(this.trouble);
    this.entries.set(account, secret.reveal());
  }

  async delete(account: string): Promise<boolean> {
    if (this.trouble !== undefined) throw new KeyringUnavailable(this.trouble);
    return this.entries.delete(account);
  }

  close(): void {
    this.isClosed = true;
  }
}
