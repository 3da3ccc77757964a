/** `models`: names that stand for models. */
import { z } from 'zod';
import { modelAliases } from '../model-aliases.ts';
import { setting } from '../setting.ts';

export const modelSettings = z.strictObject({
  aliases: setting(modelAliases.default(new Map()), {
    description: 'names that stand for models',
    reloads: true,
    allowed: 'names with the model that each stands for, such as `fast: gpt-5-mini`',
    parts: [],
  }),
});
