import type { CompanionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { overviewHash } from '../data/route.ts';
import { type Period, periodFacts, periods } from '../data/period.ts';
import type { Answered } from '../data/questions.ts';
import { type Usage, usageQuestion } from '../data/usage.ts';
import { useDesk, useQuestion } from '../data/use-question.ts';
import { SegmentedChoice } from '../../../ui/segmented-choice.tsx';
import { ProblemNote } from '../parts/answer-of.tsx';
import { Freshness } from '../parts/freshness.tsx';
import { FIGURES_EVERY_MS } from './every.ts';
import { LatencyPanel } from './latency-panel.tsx';
import { NothingYet } from './nothing-yet.tsx';
import { RequestsPanel } from './requests-panel.tsx';
import { RunningNow } from './running-now.tsx';
import { Shares } from './shares.tsx';
import { UsageFigures } from './usage-figures.tsx';
import { WhatIsLeft } from './what-is-left.tsx';

export interface OverviewProps {
  readonly companion: CompanionStatus;
  readonly period: Period;
  readonly nowMs: number;
}

/** What is left of each account, what was asked in a period, and what runs now. */
export function Overview({ companion, period, nowMs }: OverviewProps) {
  const { isLive } = useDesk();
  const usage = useQuestion(usageQuestion('model', period), FIGURES_EVERY_MS);
  return (
    <>
      <WhatIsLeft companion={companion} nowMs={nowMs} />
      <section class="section" aria-labelledby="use-title">
        <div class="section-head">
          <h2 id="use-title">{text('useSection')}</h2>
          <Freshness answered={usage} />
          <SegmentedChoice
            name="period"
            label={text('periodLabel')}
            choices={periods.map((each) => ({ value: each, label: text(periodFacts(each).word) }))}
            chosen={period}
            onChoose={(next) => location.replace(overviewHash(next))}
          />
        </div>
        <Used usage={usage} period={period} />
      </section>
      {isLive && <RunningNow activity={companion.activity} />}
    </>
  );
}

interface UsedProps {
  readonly usage: Answered<Usage>;
  readonly period: Period;
}

/** One note where nothing can be told, one where nothing was asked; else figures, plots and shares. */
function Used({ usage, period }: UsedProps) {
  const { questions, isLive } = useDesk();
  if (usage.data === null && usage.problem !== null) {
    const again = () => void questions.ask(usageQuestion('model', period));
    return <ProblemNote problem={usage.problem} onRetry={again} />;
  }
  if (usage.data === null && !isLive) {
    return (
      <div class="panel">
        <p>{text('figuresNeedLink')}</p>
      </div>
    );
  }
  const isEmpty = usage.data?.total.exchanges === 0;
  return (
    <>
      <UsageFigures usage={usage} period={period} />
      {isEmpty ? (
        <div class="panel">
          <NothingYet period={period} />
        </div>
      ) : (
        <>
          <div class="plots">
            <RequestsPanel period={period} />
            <LatencyPanel period={period} />
          </div>
          <div class="columns">
            <Shares by="model" period={period} />
            <Shares by="client" period={period} />
          </div>
        </>
      )}
    </>
  );
}
