/** `timeouts`: how long is waited for a provider. */
import { z } from 'zod';
import { duration, durationWords } from '../form.ts';
import { setting } from '../setting.ts';

export const timeoutSettings = z.strictObject({
  connect: setting(duration.default(10_000), {
    description: 'for a connection to a provider',
    reloads: true,
    allowed: durationWords,
  }),
  first_byte: setting(duration.default(600_000), {
    description: 'for the first byte of an answer',
    reloads: true,
    allowed: durationWords,
  }),
  idle: setting(duration.default(300_000), {
    description: 'for silence within an answer',
    reloads: true,
    allowed: durationWords,
  }),
});
