/** `companion vault info`, `rotate` and `move`. A companion that runs meanwhile goes on with the new key. */
import { createLogger } from '../../base/log.ts';
import { openLogFile } from '../../base/log-file.ts';
import { loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/load.ts';
import { pathsOf } from '../../config/paths.ts';
import { moveWords } from '../../vault/key-sources.ts';
import type { VaultInput } from '../../vault/key-sources.ts';
import { changeVaultKey, describeVault } from '../../vault/open-vault.ts';
import type { ChangedVaultKey, VaultKeyFacts } from '../../vault/open-vault.ts';
import type { KeyKind } from '../../vault/vault-key.ts';
import type { GlobalOptions } from '../define-command.ts';
import { createOutput, paint, table } from '../print.ts';
import type { Output } from '../print.ts';

export interface MoveOptions extends GlobalOptions {
  readonly to: (typeof moveWords)[KeyKind];
}

export async function showVault(options: GlobalOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const facts = await describeVault(readInput().input);
  if (output.isJson) return output.json(answerOf(facts));
  output.line(table(rowsOf(facts), ''));
}

export async function rotateVault(options: GlobalOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const changed = await changeVaultKey(readInput().input);
  tell(output, changed, 'The vault is sealed with a new key.');
}

export async function moveVault(options: MoveOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const { input, config } = readInput();
  const kind = (Object.keys(moveWords) as KeyKind[]).find((one) => moveWords[one] === options.to);
  const changed = await changeVaultKey(input, kind);
  tell(output, changed, 'The vault is sealed with a new key in that place.');
  const setting = settingInTheWay(changed.kind, config);
  if (setting !== undefined) output.aside(paint.warn(`\nBefore the next start: ${setting}`));
}

function readInput(): { readonly input: VaultInput; readonly config: Config } {
  const { config } = loadConfig({ environment: process.env, cwd: process.cwd() });
  const paths = pathsOf(config.home);
  const logger = createLogger({ level: config.log.level, destination: openLogFile(paths.log) });
  return { input: { config, paths, logger }, config };
}

/** What would make the next start look for the key in another place. */
function settingInTheWay(kind: VaultKeyFacts['kind'], config: Config): string | undefined {
  if (kind !== 'configured-key' && config.auth.encryption.key !== undefined) {
    return 'remove auth.encryption.key, with which the vault no longer opens.';
  }
  if (kind === 'key-file' && config.vault.kind === 'keyring') return '`companion config set vault.kind file`.';
  if (kind === 'keyring' && config.vault.kind === 'file') return '`companion config set vault.kind keyring`.';
  return undefined;
}

function tell(output: Output, changed: ChangedVaultKey, done: string): void {
  if (output.isJson) return output.json({ ...answerOf(changed), is_forgotten: changed.isForgotten });
  output.line(paint.good(done));
  output.line(table(rowsOf(changed), ''));
  if (!changed.isForgotten) output.line(paint.warn('The key before could not be removed from its place.'));
  output.line(paint.soft('Backups of vault.json from before open with the key of then only.'));
}

function rowsOf(facts: VaultKeyFacts): readonly (readonly string[])[] {
  return [
    ['Vault', facts.location],
    ['Key', facts.keyId],
    ['Secrets', String(facts.secrets)],
  ];
}

function answerOf(facts: VaultKeyFacts) {
  return { kind: facts.kind, location: facts.location, key_id: facts.keyId, secrets: facts.secrets };
}
