import { text } from '../../../text.ts';
import { CommandLine } from '../../../ui/command-line.tsx';
import type { Period } from '../data/period.ts';

/** What leads to the first row; for a shorter period only that there is none in it. */
export function NothingYet({ period }: { readonly period: Period }) {
  return (
    <div class="empty">
      <p>
        <strong>{text(period === 'all' ? 'usageEmptyEver' : 'usageEmpty')}</strong>
      </p>
      <p>{text('usageEmptyNext')}</p>
      <CommandLine command="companion env" />
    </div>
  );
}
