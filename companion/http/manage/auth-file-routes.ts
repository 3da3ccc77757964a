/** `/v0/management/auth-files`: plain files with API keys, what came of each, and their removal when it is asked for. */
import { z } from 'zod';
import { authFileNotices } from '../../account/files/auth-file-notices.ts';
import type { AuthFiles, AuthFileStatus } from '../../account/files/auth-files.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

const file = z.object({
  path: z.string(),
  keys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      provider: z.string(),
      is_kept: z.boolean().describe('`false`: you removed it since, and it is not taken over again'),
    }),
  ),
  problems: z.array(z.object({ message: z.string(), line: z.number().nullable() })),
  is_open_to_others: z.boolean().describe('Others on this computer may read it: `chmod 600` it'),
  is_needless: z.boolean().describe('All its keys are in the vault, so that the plain file may go'),
});

const told = { files: z.array(file), notices: z.array(z.string()) };
const path = '/v0/management/auth-files';
const tag = 'Credentials';

export function authFileRoutes(files: AuthFiles): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path,
      access: 'admin',
      tag,
      summary: 'The credential files that were found, and what came of each',
      answer: z.object(told),
      handle: () => tell(files.statuses()),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/import`,
      access: 'admin',
      tag,
      summary: 'Look for credential files now, and take over what is new',
      description:
        'With `remove`, those whose keys are all in the vault are deleted afterwards; nothing else ever deletes them.',
      body: z.object({ remove: z.boolean().default(false) }).default({ remove: false }),
      answer: z.object({ ...told, removed: z.array(z.string()) }),
      handle: async ({ body }) => {
        const found = await files.scan();
        const removed = body.remove ? await files.remove() : [];
        return { ...tell(removed.length === 0 ? found : files.statuses()), removed: [...removed] };
      },
    }),
  ];
}

function tell(statuses: readonly AuthFileStatus[]) {
  return {
    files: statuses.map(({ path: at, keys, problems, isOpenToOthers, isNeedless }) => ({
      path: at,
      keys: keys.map(({ isKept, ...key }) => ({ ...key, is_kept: isKept })),
      problems: [...problems],
      is_open_to_others: isOpenToOthers,
      is_needless: isNeedless,
    })),
    notices: [...authFileNotices(statuses)],
  };
}
