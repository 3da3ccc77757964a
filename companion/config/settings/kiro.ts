/** Settings of the Kiro login, and of how Kiro is asked. */
import { z } from 'zod';
import { kiroModelIds } from '../../../shared/kiro-models.ts';
import { defaultRegion, regionPattern, regionWords } from '../aws-region.ts';
import { baseUrl, baseUrlWords, boolean, booleanWords, scopes, scopeWords, text } from '../form.ts';
import { modelAliases, withoutStars } from '../model-aliases.ts';
import { setting } from '../setting.ts';

const presetScopes = ['completions', 'analysis', 'conversations', 'transformations', 'taskassist'].map(
  (name) => `codewhisperer:${name}`,
);

export const kiroSettings = z.strictObject({
  use_login: setting(boolean.default(false), {
    description: "Kiro's own login also serves API requests; see what `companion auth adopt kiro` says of it",
    reloads: true,
    allowed: booleanWords,
    neverInDotEnv: true,
  }),
  client_name: setting(text.regex(/^[\x20-\x7e]{1,100}$/).default('CCProxy Companion'), {
    description:
      'the name under which the companion registers itself at AWS, as the page shows it where you allow a login',
    allowed: 'at most 100 printable ASCII characters',
  }),
  start_url: setting(baseUrl.default('https://view.awsapps.com/start'), {
    description: 'where a Kiro login is made: the preset is for an AWS Builder ID, an organisation has its own',
    allowed: baseUrlWords,
    staysLocalInDotEnv: true,
  }),
  region: setting(text.regex(regionPattern).default(defaultRegion), {
    description: "the region of AWS in which Kiro logins are made: that of your organisation's start page",
    allowed: regionWords,
  }),
  scopes: setting(scopes.default([...presetScopes]), {
    description: 'what a Kiro login may do',
    allowed: scopeWords,
  }),
  profile_arn: setting(text.regex(/^arn:[\w:/+=,.@-]{1,500}$/).optional(), {
    description: 'the profile that a Kiro login of an organisation is for, where the login itself names none',
    allowed: 'the ARN of a profile, such as arn:aws:codewhisperer:us-east-1:123456789012:profile/ABC',
  }),
  models: setting(withoutStars(modelAliases).default(new Map(kiroModelIds)), {
    description: 'names of models, each with the id that Kiro knows it by; unset, a few that are likely',
    allowed: 'names of models with their ids, such as `claude-sonnet-4-5: claude-sonnet-4.5`',
    parts: [],
  }),
});
