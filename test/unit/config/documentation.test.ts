/** docs/configuration.md has every setting, with the names and the default that the schema gives it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../../companion/config/load.ts';
import { settings } from '../../../companion/config/schema.ts';
import { blockShape, quirkSchemas } from '../../../companion/config/provider-block.ts';
import { builtInProviders, compatibleQuirks } from '../../../shared/api-provider.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Rows = readonly (readonly string[])[];

let rows: Rows;
let blockRows: Rows;
let quirkRows: Rows;
beforeAll(async () => {
  const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'configuration.md');
  const tables = (await readFile(path, 'utf8')).split(/^\|[ |-]+\|$/m).slice(1);
  [rows = [], blockRows = [], quirkRows = []] = tables.map(readRows);
});

function readRows(table: string): Rows {
  const lines = table.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}

const code = (text: string) => `\`${text}\``;
const rowOf = (key: string) => rows.find((row) => row[1] === code(key)) ?? [];

test('lists exactly the settings that there are, in their order', () => {
  expect(rows.map((row) => row[1])).toEqual(settings.map(({ key }) => code(key)));
});

test('lists exactly the parts that a provider block has, and its quirks', () => {
  const names = (group: object) => Object.keys(group).map(code).toSorted();
  const { id: _id, ...documented } = blockShape;
  expect(blockRows.map((row) => row[1]).toSorted()).toEqual(names(documented));
  expect(quirkRows.map((row) => row[1]).toSorted()).toEqual(names(quirkSchemas));
  expect([...blockRows, ...quirkRows].filter((row) => (row[2] ?? '').length < 10)).toEqual([]);
});

test('gives the default of each quirk as it is', () => {
  const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const told = Object.fromEntries(quirkRows.map((row) => [row[1], row[3]]));
  const { efforts, ...others } = compatibleQuirks;
  expect(told['`efforts`']).toBe(`${code(efforts[0] ?? '')} to ${code(efforts.at(-1) ?? '')}`);
  for (const [name, value] of Object.entries(others)) expect(told[code(snakeCase(name))]).toBe(code(String(value)));
});

test.each(settings)('says of $key what it does, and every name it goes by', ({ key, environment, flag, ...facts }) => {
  const everyName = [...environment, ...(facts.generalEnvironment ?? [])];
  const [, , what, , names, flagCell] = rowOf(key);
  expect(what?.length).toBeGreaterThan(10);
  expect(what?.includes('¹')).toBe(facts.staysLocalInDotEnv === true);
  expect(what?.includes('²')).toBe(facts.neverInDotEnv === true);
  expect(names).toBe(everyName.map(code).join(', '));
  expect(flagCell).toBe(flag === undefined ? '' : code(flag));
});

test('gives each default as it is', async () => {
  const folder = await temporaryFolder();
  const { config } = loadConfig({ environment: { CCPROXY_HOME: folder }, cwd: folder });
  const documented = Object.fromEntries(settings.map(({ key }) => [key, rowOf(key)[3]]));
  const text = (value: unknown) => (value === undefined ? '' : code(String(value)));
  const seconds = (ms: number) => code(`${ms / 1000}s`);
  const minutes = (ms: number) => code(`${ms / 60_000}m`);
  const names = (values: readonly string[]) => values.map(code).join(', ');
  const keyed = config.providers.filter((provider) => provider.isLoginOnly !== true);
  const list = (value: { readonly length: number }) => (value.length === 0 ? 'none' : '');
  expect(documented).toEqual({
    'server.host': text(config.server.host),
    'server.port': text(config.server.port),
    'server.allowed_hosts': list(config.server.allowedHosts),
    'server.drain_seconds': text(config.server.drainSeconds),
    'security.auth_token': text(config.security.authToken),
    'security.auth': text(config.security.auth),
    'security.admin_key': text(config.security.adminKey),
    'vault.kind': text(config.vault.kind),
    'auth.encryption.key': text(config.auth.encryption.key),
    'auth.refresh.enabled': text(config.auth.refresh.enabled),
    'auth.refresh.check_interval': minutes(config.auth.refresh.checkInterval),
    'auth.refresh.refresh_lead_time': minutes(config.auth.refresh.refreshLeadTime),
    'oauth.anthropic.client_id': text(config.oauth.anthropic.clientId),
    'oauth.anthropic.authorize_url': text(config.oauth.anthropic.authorizeUrl),
    'oauth.anthropic.token_path': text(config.oauth.anthropic.tokenPath),
    'oauth.anthropic.manual_redirect': text(config.oauth.anthropic.manualRedirect),
    'oauth.anthropic.scopes': names(config.oauth.anthropic.scopes),
    'oauth.openai.client_id': text(config.oauth.openai.clientId),
    'oauth.openai.authorize_url': text(config.oauth.openai.authorizeUrl),
    'oauth.openai.scopes': names(config.oauth.openai.scopes),
    'codex.enabled': text(config.codex.enabled),
    'codex.home': text(config.codex.home),
    'codex.models': list(config.codex.models),
    'claude_code.mode': text(config.claudeCode.mode),
    'claude_code.path': text(config.claudeCode.path),
    'claude_code.use_login': text(config.claudeCode.useLogin),
    'claude_code.warm': text(config.claudeCode.warm),
    // Derived from the home.
    'storage.db_path': '',
    'log.level': text(config.log.level),
    'web.transport': text(config.web.transport),
    'web.temporary': text(config.web.temporary),
    'web.delete_after': text(config.web.deleteAfter),
    'web.attachment_threshold': text(config.web.attachmentThreshold),
    'web.organisation': text(config.web.organisation),
    'timeouts.connect': seconds(config.timeouts.connectMs),
    'timeouts.first_byte': minutes(config.timeouts.firstByteMs),
    'timeouts.idle': minutes(config.timeouts.idleMs),
    'upstreams.claude_web': text(config.upstreams.claudeWeb),
    'upstreams.anthropic_auth': text(config.upstreams.anthropicAuth),
    'upstreams.openai_auth': text(config.upstreams.openaiAuth),
    'upstreams.chatgpt': text(config.upstreams.chatgpt),
    ...Object.fromEntries(keyed.map(({ id, baseUrl }) => [`upstreams.${id}`, text(baseUrl)])),
    ...Object.fromEntries(keyed.map(({ id }) => [`keys.${id}`, list(config.keys)])),
    providers: list(keyed.slice(builtInProviders.length)),
    'router.strategy': text(config.router.strategy),
    'router.max_attempts': text(config.router.maxAttempts),
    'models.aliases': list([...config.models.aliases]),
    'ledger.keep_days': text(config.ledger.keepDays),
    'ledger.keep_rows': text(config.ledger.keepRows),
    'network.proxy': text(config.network.proxy),
    'network.no_proxy': list(config.network.noProxy),
    'network.ca_file': text(config.network.caFile),
    'network.use_system_ca': text(config.network.useSystemCa),
  });
});
