import { text } from '../../../text.ts';
import { clientName } from '../../../ui/client-name.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { Panel } from '../../../ui/panel.tsx';
import { useFigures } from '../../../ui/use-figures.ts';
import { useTell } from '../../../ui/words.tsx';
import { noFilter } from '../data/exchanges.ts';
import type { Period } from '../data/period.ts';
import { requestsHash } from '../data/route.ts';
import { OTHERS_KEY, type UsageGroup, usageQuestion } from '../data/usage.ts';
import { useQuestion } from '../data/use-question.ts';
import { AnswerOf } from '../parts/answer-of.tsx';
import { FIGURES_EVERY_MS } from './every.ts';
import { usedTokens } from './totals.ts';

export interface SharesProps {
  readonly by: 'model' | 'client';
  readonly period: Period;
}

const MOST_ROWS = 8;

/** Who or what the requests were for, most first; each leads to its requests. */
export function Shares({ by, period }: SharesProps) {
  const answered = useQuestion(usageQuestion(by, period), FIGURES_EVERY_MS);
  return (
    <Panel id={`by-${by}`} title={text(by === 'model' ? 'byModelSection' : 'byClientSection')}>
      <AnswerOf answered={answered} heightPx={150}>
        {({ groups }) => {
          const sorted = groups.toSorted((left, right) => right.exchanges - left.exchanges);
          const most = sorted[0]?.exchanges ?? 0;
          if (most === 0) return <p>{text('sharesEmpty')}</p>;
          return (
            <ul class="shares">
              {sorted.slice(0, MOST_ROWS).map((group) => (
                <Share key={group.key} by={by} group={group} fraction={group.exchanges / most} />
              ))}
              {sorted.length > MOST_ROWS && <li>{text('sharesMore', String(sorted.length - MOST_ROWS))}</li>}
            </ul>
          );
        }}
      </AnswerOf>
    </Panel>
  );
}

interface ShareProps {
  readonly by: 'model' | 'client';
  readonly group: UsageGroup;
  /** Of the largest one. */
  readonly fraction: number;
}

function Share({ by, group, fraction }: ShareProps) {
  const tell = useTell();
  const { count, share } = useFigures();
  const label = cleanLabel(group.name, 120);
  const isOthers = group.key === OTHERS_KEY;
  const name = isOthers
    ? text('seriesOther')
    : label === ''
      ? text('seriesNone')
      : by === 'client'
        ? tell(clientName(label))
        : label;
  const failed = group.failures / Math.max(1, group.exchanges);
  return (
    <li class="share">
      <div class="share-head">
        {group.key === '' || isOthers ? (
          <span>{name}</span>
        ) : (
          <a class="share-name" href={requestsHash({ ...noFilter, [by]: group.key })} title={name}>
            <bdi>{name}</bdi>
          </a>
        )}
        <span>{text('shareRequests', count(group.exchanges))}</span>
      </div>
      <div class="track" aria-hidden="true">
        <div class="used" style={{ width: `${Math.max(0.5, fraction * 100)}%` }} />
      </div>
      <p class="share-foot">
        <span>{text('shareTokens', count(usedTokens(group)))}</span>
        {group.failures > 0 && <span class="share-failed">{text('shareFailed', share(failed))}</span>}
      </p>
    </li>
  );
}
