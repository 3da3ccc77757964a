import type { TestedNotifications } from '../../http/manage/notification-routes.ts';
import { askRunning } from '../control-client.ts';
import { createOutput, paint, table } from '../print.ts';

type Outcome = TestedNotifications['sinks'][number]['outcome'];

/** Ends with 1 when a way that is set up fails, for scripts. */
export async function testNotifications(options: { readonly json?: true }): Promise<void> {
  const output = createOutput(options.json === true);
  const tested = await askRunning<TestedNotifications>('POST', '/v0/management/notifications/test');
  if (tested.sinks.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
  if (output.isJson) return output.json(tested);
  output.line(table(tested.sinks.map(({ sink, outcome, detail }) => [sink, describe(outcome), paint.soft(detail)])));
}

function describe(outcome: Outcome): string {
  switch (outcome) {
    case 'sent':
      return paint.good('sent');
    case 'failed':
      return paint.bad('failed');
    case 'nobody':
      return paint.warn('nobody there');
    case 'off':
      return paint.soft('off');
  }
}
