/** `metrics`: what a monitoring system may read. */
import { z } from 'zod';
import { setting } from '../setting.ts';

export const metricsSettings = z.strictObject({
  access: setting(z.enum(['admin', 'loopback', 'off']).default('admin'), {
    description:
      'who may read `GET /metrics`: `admin` (with the admin key), `loopback` (everybody on this computer without one), `off`',
    reloads: true,
    allowed: 'admin, loopback or off',
  }),
});
