import { text } from '../../../text.ts';
import { levelOfPercent, Meter } from '../../../ui/meter.tsx';
import { useFigures } from '../../../ui/use-figures.ts';
import type { Auth } from '../data/auths.ts';
import { limitPercent } from './auth-view.ts';

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
        <Meter label={text('limitOwn')} percent={percent} level={levelOfPercent(percent)} words={used} />
      )}
    </div>
  );
}
