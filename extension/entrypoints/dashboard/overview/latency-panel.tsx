import { text } from '../../../text.ts';
import { Panel } from '../../../ui/panel.tsx';
import { LatencyPlot } from '../charts/latency-plot.tsx';
import type { Period } from '../data/period.ts';
import { latencyQuestion } from '../data/usage.ts';
import { useQuestion } from '../data/use-question.ts';
import { AnswerOf } from '../parts/answer-of.tsx';
import { FIGURES_EVERY_MS } from './every.ts';

const PLOT_HEIGHT_PX = 290;

export function LatencyPanel({ period }: { readonly period: Period }) {
  const answered = useQuestion(latencyQuestion(period), FIGURES_EVERY_MS);
  return (
    <Panel id="latency" title={text('latencySection')}>
      <AnswerOf answered={answered} heightPx={PLOT_HEIGHT_PX}>
        {(latency) =>
          latency.count === 0 ? (
            <p>{text('latencyEmpty')}</p>
          ) : (
            <LatencyPlot latency={latency} label={text('latencySection')} />
          )
        }
      </AnswerOf>
    </Panel>
  );
}
