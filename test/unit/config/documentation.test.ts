/** docs/configuration.md has every setting, with the names and the default that the schema gives it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { jsonSchemaOfConfig } from '../../../companion/config/json-schema.ts';
import { loadConfig } from '../../../companion/config/load.ts';
import { settings } from '../../../companion/config/schema.ts';
import { blockShape, quirkSchemas } from '../../../companion/config/provider-block.ts';
import { compatibleQuirks } from '../../../shared/api-provider.ts';
import { withSettingsTable } from '../../../scripts/docs/settings-table.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Rows = readonly (readonly string[])[];

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');
let page: string;
let rows: Rows;
let blockRows: Rows;
let quirkRows: Rows;
beforeAll(async () => {
  page = await readFile(join(docs, 'configuration.md'), 'utf8');
  const tables = page.split(/^\|[ |-]+\|$/m).slice(1);
  [, rows = [], blockRows = [], quirkRows = []] = tables.map(readRows);
});

function readRows(table: string): Rows {
  const lines = table.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}

const code = (text: unknown) => `\`${String(text)}\``;

test('has the table of settings as the schema gives it: `npm run docs` writes it', () => {
  expect(page).toBe(withSettingsTable(page));
  expect(rows.map((row) => row[1])).toEqual(settings.map(({ key }) => code(key)));
});

test.each(settings)('says of $key what it does', ({ description, allowed }) => {
  expect(description.length).toBeGreaterThan(10);
  expect(description).not.toMatch(/[.|\n]$|[|\n]/);
  expect(allowed.length).toBeGreaterThan(3);
});

test('gives editors the schema as it is', async () => {
  expect(JSON.parse(await readFile(join(docs, 'config.schema.json'), 'utf8'))).toEqual(jsonSchemaOfConfig());
});

test('the defaults of the table are those that hold', async () => {
  const folder = await temporaryFolder();
  const { config } = loadConfig({ environment: { CCPROXY_HOME: folder }, cwd: folder });
  const told = (key: string) => rows.find((row) => row[1] === code(key))?.[3];
  expect(told('server.port')).toBe(code(config.server.port));
  expect(told('timeouts.first_byte')).toBe(code(`${config.timeouts.firstByteMs / 60_000}m`));
  expect(told('oauth.openai.scopes')).toBe(config.oauth.openai.scopes.map(code).join(', '));
  expect(told('server.allowed_hosts')).toBe('none');
  expect(told('network.proxy')).toBe('');
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
