import { text } from '../../../text.ts';
import { useFigures } from '../../../ui/use-figures.ts';
import type { Period } from '../data/period.ts';
import type { Answered } from '../data/questions.ts';
import { latencyQuestion, type Usage } from '../data/usage.ts';
import { useQuestion } from '../data/use-question.ts';
import { AnswerOf } from '../parts/answer-of.tsx';
import { FIGURES_EVERY_MS } from './every.ts';
import { cacheShare, failureShare, inputTokens } from './totals.ts';

export interface UsageFiguresProps {
  readonly usage: Answered<Usage>;
  readonly period: Period;
}

/** The five figures that tell how it goes. */
export function UsageFigures({ usage, period }: UsageFiguresProps) {
  return (
    <AnswerOf answered={usage} heightPx={92}>
      {(data) => <Figures usage={data} period={period} />}
    </AnswerOf>
  );
}

function Figures({ usage, period }: { readonly usage: Usage; readonly period: Period }) {
  const { count, share, duration } = useFigures();
  const latency = useQuestion(latencyQuestion(period), FIGURES_EVERY_MS).data;
  const { total, dropped } = usage;
  const failed = failureShare(total);
  const cached = cacheShare(total);
  const { p50 = null, p90 = null } = latency?.firstByteMs ?? {};
  return (
    <dl class="figures">
      <Figure
        label={text('figureRequests')}
        value={count(total.exchanges)}
        note={dropped === 0 ? '' : text('figureDropped', count(dropped))}
      />
      <Figure
        label={text('figureFailures')}
        value={count(total.failures)}
        note={failed === null ? '' : text('figureOfAll', share(failed))}
        isBad={failed !== null && failed >= 0.05}
      />
      <Figure
        label={text('figureTokens')}
        value={count(inputTokens(total) + total.outputTokens)}
        note={text('figureInOut', count(inputTokens(total)), count(total.outputTokens))}
      />
      <Figure
        label={text('figureCache')}
        value={cached === null ? '–' : share(cached)}
        note={cached === null ? '' : text('figureCacheNote', count(total.cacheReadTokens))}
      />
      <Figure
        label={text('figureFirstByte')}
        value={p50 === null ? '–' : duration(p50)}
        note={p90 === null ? '' : text('figureNinety', duration(p90))}
      />
    </dl>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly isBad?: boolean;
}

function Figure({ label, value, note, isBad = false }: FigureProps) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd>
        <span class={`figure-value${isBad ? ' bad' : ''}`}>{value}</span>
        <span class="figure-note">{note}</span>
      </dd>
    </div>
  );
}
