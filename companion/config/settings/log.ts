/** `log`: how much is logged. */
import { z } from 'zod';
import { logLevels } from '../../base/log-level.ts';
import { setting } from '../setting.ts';

export const logSettings = z.strictObject({
  level: setting(z.enum(logLevels).default('info'), {
    description: 'how much is logged: trace, debug, info, warn, error, fatal, silent',
    reloads: true,
    allowed: logLevels.join(', '),
    flag: '--log-level',
  }),
});
