/** A limit window of a provider, in the cells of a table. */
import type { QuotaWindow } from '../../shared/quota.ts';
import { bar, paint } from './print.ts';
import { printable } from './terminal.ts';

/** `5 hours`, `week`, `week, opus`: the provider's names in the words that its own pages use. */
export function nameOfWindow(window: string, model: string | null | undefined): string {
  const name = window.replace('five_hour', '5 hours').replace('seven_day', 'week').replaceAll('_', ' ');
  return printable(model === null || model === undefined ? name : `${name}, ${model}`);
}

/** `████░░░░░░  42 % used`, in the colour of the status; the status itself where no share is known. */
export function usedOfWindow(usedFraction: number | null, status: QuotaWindow['status']): string {
  const drawn = usedFraction === null ? status : `${bar(usedFraction)} used`;
  if (status === 'exceeded') return paint.bad(drawn);
  return status === 'warning' ? paint.warn(drawn) : drawn;
}
