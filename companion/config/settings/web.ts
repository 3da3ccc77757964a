/** `web`: how claude.ai is asked. */
import { z } from 'zod';
import { transportChoiceSchema } from '../../../shared/credential.ts';
import { boolean, booleanWords, text, wholeNumber } from '../form.ts';
import { setting } from '../setting.ts';

export const webSettings = z.strictObject({
  transport: setting(transportChoiceSchema.optional(), {
    description:
      'how claude.ai is reached: through the browser, directly, or what works; unset, what each browser chose counts',
    reloads: true,
    allowed: 'auto, browser or direct',
    flag: '--transport',
  }),
  temporary: setting(boolean.default(true), {
    description: 'conversations do not show in the history of claude.ai',
    reloads: true,
    allowed: booleanWords,
  }),
  delete_after: setting(boolean.default(true), {
    description: 'conversations are deleted once they are answered',
    reloads: true,
    allowed: booleanWords,
  }),
  attachment_threshold: setting(wholeNumber(0, 10_000_000).default(20_000), {
    description: 'from how many characters on a text goes as an attachment',
    reloads: true,
    allowed: 'a whole number of characters from 0 to 10000000',
  }),
  organisation: setting(text.regex(/^[A-Za-z0-9-]{1,100}$/).optional(), {
    description: 'the organisation to use, by its id, for accounts with several',
    allowed: 'the id of an organisation',
  }),
});
