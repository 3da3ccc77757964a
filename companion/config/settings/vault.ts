/** `vault`: where the key of the vault rests. */
import { z } from 'zod';
import { setting } from '../setting.ts';

export const vaultSettings = z.strictObject({
  kind: setting(z.enum(['auto', 'keyring', 'file']).default('auto'), {
    description: 'where the key of the vault rests: the system keyring, a file, or what works',
    allowed: 'auto, keyring or file',
    environment: ['CCPROXY_VAULT'],
    flag: '--vault',
  }),
});
