import { text } from '../../../text.ts';
import { message } from '../../../ui/message.ts';
import { useFigures } from '../../../ui/use-figures.ts';
import { useTell } from '../../../ui/words.tsx';
import type { Auth } from '../data/auths.ts';
import { limitPercent } from './auth-view.ts';

const HIGH_PERCENT = 80;

/** What the person's own limit leaves, and when it begins anew. */
export function LimitBar({ auth }: { readonly auth: Auth }) {
  const tell = useTell();
  const { count } = useFigures();
  const { quota, resetsAtMs } = auth;
  if (quota === null) return <p>{text('limitUnknown')}</p>;
  const percent = limitPercent(auth);
  const used =
    quota.limit === null
      ? text('limitNone', count(quota.used))
      : text('limitUsed', count(quota.used), count(quota.limit));
  return (
    <div class="quota">
      <div class="quota-head">
        <span class="quota-label">{text('limitOwn')}</span>
        <span>{used}</span>
      </div>
      {percent !== null && (
        <div
          class="track"
          role="meter"
          aria-label={text('limitOwn')}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
          aria-valuetext={used}
        >
          <div
            class={`used ${percent >= 100 ? 'full' : percent >= HIGH_PERCENT ? 'high' : ''}`}
            style={{ width: `${percent}%` }}
          />
        </div>
      )}
      {resetsAtMs !== null && (
        <span class="quota-source">{tell(message('limitResets', { momentMs: resetsAtMs }))}</span>
      )}
    </div>
  );
}
