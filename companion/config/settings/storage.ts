/** `storage`: where the database lies. */
import { z } from 'zod';
import { text } from '../form.ts';
import { setting } from '../setting.ts';

export const storageSettings = z.strictObject({
  db_path: setting(text.optional(), {
    description: 'the database, if it is to lie elsewhere',
    allowed: 'the path of a file',
    isPath: true,
  }),
});
