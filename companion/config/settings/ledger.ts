/** `ledger`: how long requests are remembered. */
import { z } from 'zod';
import { wholeNumber } from '../form.ts';
import { setting } from '../setting.ts';

export const ledgerSettings = z.strictObject({
  keep_days: setting(wholeNumber(1, 3650).default(90), {
    description: 'how long the counts of a request are kept',
    reloads: true,
    allowed: 'a whole number of days from 1 to 3650',
  }),
  keep_rows: setting(wholeNumber(1000, 10_000_000).default(200_000), {
    description: 'and of how many requests at most',
    reloads: true,
    allowed: 'a whole number from 1000 to 10000000',
  }),
});
