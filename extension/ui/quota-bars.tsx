import { Meter } from './meter.tsx';
import type { QuotaView } from './quota-view.ts';
import { useTell } from './words.tsx';

/** One bar for each limit window; `withSource` adds where each figure is from and how old it is. */
export function QuotaBars({
  quotas,
  withSource,
}: {
  readonly quotas: readonly QuotaView[];
  readonly withSource: boolean;
}) {
  return (
    <ul class="quotas">
      {quotas.map((quota) => (
        <QuotaBar key={quota.id} quota={quota} withSource={withSource} />
      ))}
    </ul>
  );
}

function QuotaBar({ quota, withSource }: { readonly quota: QuotaView; readonly withSource: boolean }) {
  const tell = useTell();
  const label = tell(quota.label);
  const figure = tell(quota.figure);
  return (
    <li class="quota">
      <div class="quota-head">
        <span class="quota-label">{label}</span>
        <span>{figure}</span>
      </div>
      {quota.percent !== null && <Meter label={label} percent={quota.percent} level={quota.level} words={figure} />}
      {withSource && <span class="quota-source">{tell(quota.source)}</span>}
    </li>
  );
}
