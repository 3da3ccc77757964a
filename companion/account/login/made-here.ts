/** Which of the logins that rest with another program was made here: only that one is deleted here. */
import type { LoginOwner } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import type { Vault } from '../../vault/vault.ts';
import { digestOf } from './login-facts.ts';
import type { StoredLogin } from './stored-login.ts';

/** In the vault: a digest of the account, for each program. */
const prefix = 'login-here/';

/** Errors: those of the vault. */
export async function noteMadeHere(vault: Vault, owner: LoginOwner, login: StoredLogin): Promise<void> {
  await vault.set(`${prefix}${owner}`, new Secret(accountDigest(login)));
}

/** `false` once somebody signed in to another account there. Errors: those of the vault. */
export async function isMadeHere(vault: Vault, owner: LoginOwner, login: StoredLogin): Promise<boolean> {
  return (await vault.get(`${prefix}${owner}`))?.reveal() === accountDigest(login);
}

function accountDigest({ account }: StoredLogin): string {
  return digestOf(account?.id ?? 'unknown account').slice(0, 16);
}
