/** The description of the API, as the companion itself gives it, and the page that is made of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../companion/app.ts';
import { memoryLogger } from '../../companion/base/log.ts';
import { loadConfig } from '../../companion/config/load.ts';
import type { OpenApiDocument, OpenApiOperation } from '../../companion/http/manage/openapi.ts';

/** Of a companion that is made for this and never listens. */
export async function describeApi(): Promise<OpenApiDocument> {
  const home = mkdtempSync(join(tmpdir(), 'ccproxy-docs-'));
  try {
    const { config } = loadConfig({ flags: { home, 'vault.kind': 'file' }, environment: {}, cwd: home });
    const app = await createApp({ config, logger: memoryLogger().logger, environment: {} });
    const answer = await app.control.inject({ method: 'GET', url: '/v0/openapi.json' });
    await app.stop();
    return answer.json<OpenApiDocument>();
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** `docs/openapi.json`. */
export function openApiText(document: OpenApiDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

const keys = { admin: 'admin', client: 'client', owner: 'own client key, or admin', public: 'none' } as const;

/** `docs/api.md`: a table for each part. */
export function apiPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Placed => ({ path, method: method.toUpperCase(), operation })),
  );
  const parts = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? '');
  const tables = [...parts].map(([tag, ofTag]) => {
    const rows = Map.groupBy(ofTag, ({ path, operation }) => `${operation['x-alias-of'] ?? path} ${operation.summary}`);
    return `## ${tag}\n\n| Route | Key | What |\n|---|---|---|\n${[...rows.values()].map(rowOf).join('\n')}\n`;
  });
  return `${intro}\n${tables.join('\n')}`;
}

interface Placed {
  readonly path: string;
  readonly method: string;
  readonly operation: OpenApiOperation;
}

/** The methods and paths of one route. */
function rowOf(placed: readonly Placed[]): string {
  const [first] = placed;
  if (first === undefined) return '';
  const { operation } = first;
  const paths = [...new Set(placed.map(({ path }) => path))];
  const main = operation['x-alias-of'] ?? first.path;
  const methods = [...new Set(placed.map(({ method }) => method))].join(', ');
  const others = paths.filter((path) => path !== main).map((path) => `\`${path}\``);
  const also = others.length === 0 ? '' : ` (also at ${others.join(', ')})`;
  return `| \`${methods} ${main}\` | ${keys[operation['x-access']]} | ${operation.summary.replaceAll('|', '\\|')}${also} |`;
}

const intro = `# Routes

Everything that the companion answers over HTTP, made by \`npm run docs\` from the description that it serves itself at
\`GET /v0/openapi.json\` ([openapi.json](openapi.json), OpenAPI 3.1), where each route has its input, its answer and its errors.

The **client key** is what \`companion env\` prints, as \`x-api-key\`, \`authorization: Bearer\` or \`x-companion-key\`; the **admin
key** is what \`companion admin-key\` prints, as \`X-Admin-Key\` or \`authorization: Bearer\`. Neither is ever taken from an address. The
errors are those of [errors.md](errors.md).
`;
