import type { SeatStatus } from '../../../shared/status.ts';
import type { UnpairedSeat } from '../../http/control/routes.ts';
import { ask } from '../control-client.ts';
import { createOutput, formatAgo, paint, table } from '../print.ts';

export async function browsers(options: { readonly json?: true }): Promise<void> {
  const output = createOutput(options.json === true);
  const answer = await ask<{ seats: readonly SeatStatus[] }>('GET', '/control/seats');
  if (output.isJson) return output.json({ browsers: answer.seats });
  if (answer.seats.length === 0) return output.line('No browser is paired. `companion pair` prints a token for one.');
  output.line(
    table([['ID', 'BROWSER', 'STATE', 'LAST SEEN', 'FINGERPRINT'].map(paint.soft), ...answer.seats.map(row)]),
  );
}

function row(seat: SeatStatus): readonly string[] {
  const state = seat.isOnline ? paint.good('connected') : paint.soft('offline');
  const seen = seat.isOnline ? 'now' : formatAgo(seat.lastSeenAtMs, Date.now());
  return [seat.id, seat.name, state, seen, seat.fingerprint];
}

export async function unpair(browser: string, options: { readonly json?: true }): Promise<void> {
  const output = createOutput(options.json === true);
  const seat = await ask<UnpairedSeat>('DELETE', `/control/seats/${encodeURIComponent(browser)}`);
  const { forgottenSessions: forgotten, keptSessions: kept } = seat;
  if (output.isJson) return output.json({ unpaired: seat.id, forgotten, kept });
  const what = forgotten.length === 0 ? 'no session was only from it' : `forgotten with it: ${forgotten.join(', ')}`;
  output.line(`${seat.name} is no longer paired; ${what}.`);
  if (kept.length > 0) output.line(`Kept, because another browser shares it: ${kept.join(', ')}.`);
}
