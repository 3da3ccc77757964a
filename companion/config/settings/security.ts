/** `security`: the keys that let programs in. */
import { z } from 'zod';
import { boolean, booleanWords, secretText, secretTextWords } from '../form.ts';
import { setting } from '../setting.ts';

export const securitySettings = z.strictObject({
  auth_token: setting(secretText.optional(), {
    description: 'the client key, instead of the one that the companion makes and keeps in the vault',
    reloads: true,
    allowed: secretTextWords,
    environment: ['SECURITY__AUTH_TOKEN'],
    isSecret: true,
  }),
  auth: setting(boolean.default(true), {
    description: 'whether clients need the key at all',
    allowed: booleanWords,
    flag: '--no-auth',
    neverInDotEnv: true,
  }),
  admin_key: setting(secretText.optional(), {
    description:
      'the key that manages the companion over HTTP, instead of the one that it makes and keeps in the vault',
    allowed: secretTextWords,
    environment: ['CCPROXY_ADMIN_KEY'],
    formerly: ['admin.key'],
    isSecret: true,
  }),
  jwt_secret: setting(secretText.optional(), {
    description:
      'what the keys of single clients are signed with, instead of the secret that the companion makes and keeps in the vault; with another one they all end',
    allowed: `${secretTextWords}; \`openssl rand -base64 32\` makes some`,
    environment: ['CCPROXY_JWT_SECRET'],
    formerly: ['jwt.secret'],
    isSecret: true,
  }),
});
