/** `notifications`: what is told, to whom. */
import { z } from 'zod';
import { boolean, booleanWords, listOf, secretText, secretTextWords, webhookUrl, webhookWords } from '../form.ts';
import { newsKinds } from '../news-kinds.ts';
import { setting } from '../setting.ts';

const newsKindList = listOf(z.array(z.enum(newsKinds)).max(newsKinds.length));

export const notificationSettings = z.strictObject({
  webhook: setting(webhookUrl.optional(), {
    description: 'where notifications are sent, as JSON by POST',
    allowed: webhookWords,
    isSecret: true,
    neverInDotEnv: true,
    reloads: true,
  }),
  webhook_secret: setting(secretText.optional(), {
    description: 'signs them, so that the receiver knows who sent them',
    allowed: secretTextWords,
    isSecret: true,
    reloads: true,
  }),
  desktop: setting(boolean.default(false), {
    description: 'paired browsers show them, once you allow that in the extension',
    allowed: booleanWords,
    reloads: true,
  }),
  events: setting(newsKindList.default([...newsKinds]), {
    description: 'what is sent and shown; the log has all of it',
    allowed: `a list of these: ${newsKinds.join(', ')}`,
    reloads: true,
  }),
});
