import { z } from 'zod';

/** How much of one limit window is used, with where the figure comes from and how old it is. */
export const quotaWindowSchema = z.object({
  /** The provider's name of the window: `five_hour`, `seven_day`, `seven_day_opus`, `overage`, ... */
  window: z.string().max(80),
  /** 0 = untouched, 1 = full; may exceed 1 with overage. `null` when the provider tells only a status. */
  usedFraction: z.number().nonnegative().nullable(),
  status: z.enum(['allowed', 'warning', 'exceeded']),
  /** Unix milliseconds; `null` when the window has not started. */
  resetsAtMs: z.number().nullable(),
  /** The model that the window is for; absent for windows shared by all. */
  model: z.string().max(120).optional(),
  source: z.enum(['stream', 'headers', 'usage-endpoint', 'error']),
  observedAtMs: z.number(),
});

export type QuotaWindow = z.infer<typeof quotaWindowSchema>;
