/** `copilot`: the Copilot login. */
import { z } from 'zod';
import { Secret } from '../../../shared/redact.ts';
import { boolean, booleanWords, scopes, scopeWords, text } from '../form.ts';
import { setting } from '../setting.ts';

export const copilotSettings = z.strictObject({
  client_id: setting(text.regex(/^[A-Za-z0-9._-]{1,100}$/).optional(), {
    description: 'the client id of your own OAuth app at GitHub with the device flow, for `auth login-copilot`',
    reloads: true,
    allowed: 'the client id of an OAuth app',
  }),
  scopes: setting(scopes.default(['read:user']), {
    description: 'what the login asks GitHub for',
    reloads: true,
    allowed: scopeWords,
  }),
  exchange: setting(z.enum(['auto', 'always', 'never']).default('auto'), {
    description:
      'whether the GitHub token is traded for a short Copilot token; `never` sends the GitHub token itself, `auto` only where GitHub trades none',
    reloads: true,
    allowed: 'auto, always or never',
  }),
  github_token: setting(
    text
      .regex(/^[\x21-\x7e]{1,1000}$/)
      .transform((value) => new Secret(value))
      .optional(),
    {
      description: 'a GitHub token that you have already and that Copilot takes',
      allowed: 'printable ASCII characters without spaces',
      isSecret: true,
      neverInDotEnv: true,
      generalEnvironment: ['COPILOT_GITHUB_TOKEN'],
    },
  ),
  use_gh: setting(boolean.default(false), {
    description: 'the login of the GitHub CLI opens Copilot here; `auth adopt gh` turns it on',
    reloads: true,
    allowed: booleanWords,
    neverInDotEnv: true,
  }),
});
