/** `router`: which key goes first. */
import { z } from 'zod';
import { wholeNumber } from '../form.ts';
import { setting } from '../setting.ts';

export const strategies = ['priority', 'round_robin', 'quota_aware', 'random'] as const;

export const routerSettings = z.strictObject({
  strategy: setting(z.enum(strategies).default('priority'), {
    description: 'which key goes first: `priority`, `round_robin`, `quota_aware`, `random`',
    reloads: true,
    allowed: strategies.join(', '),
    formerly: ['auth.selection_strategy', 'claude.key_strategy'],
  }),
  max_attempts: setting(wholeNumber(1, 20).default(3), {
    description: 'how many keys are tried for one request, at most',
    reloads: true,
    allowed: 'a whole number from 1 to 20',
  }),
});
