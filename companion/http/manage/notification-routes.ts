/** `POST /v0/management/notifications/test`: whether news would arrive. */
import { z } from 'zod';
import type { SinkReport } from '../../notify/news.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

const answer = z.object({
  sinks: z.array(
    z.object({
      sink: z.enum(['log', 'webhook', 'desktop']),
      outcome: z.enum(['sent', 'failed', 'off', 'nobody']),
      detail: z.string(),
    }),
  ),
});

export type TestedNotifications = z.output<typeof answer>;

export function notificationRoutes(test: () => Promise<readonly SinkReport[]>): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v0/management/notifications/test',
      access: 'admin',
      tag: 'Settings',
      summary: 'Send a notification in every way that is set up, and say what became of each',
      description: 'To the log, to `notifications.webhook`, and to every paired browser that is open.',
      answer,
      handle: async () => ({ sinks: [...(await test())] }),
    }),
  ];
}
