import { text } from '../../../text.ts';
import { useFigures } from '../../../ui/use-figures.ts';
import type { Auth } from '../data/auths.ts';
import { limitPercent } from './auth-view.ts';

const HIGH_PERCENT = 80;

/** What the person's own limit leaves. */
export function LimitBar({ auth }: { readonly auth: Auth }) {
  const { count } = useFigures();
  const { quota } = auth;
  if (quota === null || (quota.limit === null && quota.used === 0)) return null;
  const percent = limitPercent(auth);
  const used =
    quota.limit === null
      ? text('limitNone', count(quota.used))
      : text('limitUsed', count(quota.used), count(quota.limit));
  return (
    <div class="quota">
      <div class="quota-head">
        <span class="quota-label">{text(quota.limit === null ? 'limitUse' : 'limitOwn')}</span>
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
    </div>
  );
}
