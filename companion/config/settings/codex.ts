/** `codex`: the ChatGPT login. */
import { z } from 'zod';
import { boolean, booleanWords, nameList, text } from '../form.ts';
import { setting } from '../setting.ts';

export const codexSettings = z.strictObject({
  enabled: setting(boolean.default(false), {
    description: 'the ChatGPT login serves requests; signing in turns it on',
    reloads: true,
    allowed: booleanWords,
    neverInDotEnv: true,
  }),
  home: setting(text.optional(), {
    description: 'the folder of Codex, in which the ChatGPT login rests',
    allowed: 'the path of a folder',
    isPath: true,
    neverInDotEnv: true,
    generalEnvironment: ['CODEX_HOME'],
  }),
  models: setting(nameList.default([]), {
    description: 'the models of the ChatGPT login; unset, it is asked',
    reloads: true,
    allowed: 'a list of model names',
  }),
});
