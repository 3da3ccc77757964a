/** Writes what the docs take from the code: `npm run docs`, after a change to a setting or a route. A test says when it is due. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchemaOfConfig } from '../companion/config/json-schema.ts';
import { apiPage, describeApi, openApiText } from './docs/api.ts';
import { withSettingsTable } from './docs/settings-table.ts';

const docs = join(import.meta.dirname, '..', 'docs');
const settingsPage = join(docs, 'configuration.md');

writeFileSync(settingsPage, withSettingsTable(readFileSync(settingsPage, 'utf8')));
writeFileSync(join(docs, 'config.schema.json'), `${JSON.stringify(jsonSchemaOfConfig(), null, 2)}\n`);

const api = await describeApi();
writeFileSync(join(docs, 'openapi.json'), openApiText(api));
writeFileSync(join(docs, 'api.md'), apiPage(api));
