import { useState } from 'preact/hooks';
import { text } from '../../../text.ts';
import { clientName } from '../../../ui/client-name.ts';
import { Panel } from '../../../ui/panel.tsx';
import { SegmentedChoice } from '../../../ui/segmented-choice.tsx';
import { useTell } from '../../../ui/words.tsx';
import { StackedBars } from '../charts/stacked-bars.tsx';
import type { Period } from '../data/period.ts';
import { seriesQuestion } from '../data/usage.ts';
import { useQuestion } from '../data/use-question.ts';
import { AnswerOf } from '../parts/answer-of.tsx';
import { FIGURES_EVERY_MS } from './every.ts';

type By = 'model' | 'client';
const PLOT_HEIGHT_PX = 290;

/** Requests over time, by what they asked for or who asked. */
export function RequestsPanel({ period }: { readonly period: Period }) {
  const tell = useTell();
  const [by, setBy] = useState<By>('model');
  const answered = useQuestion(seriesQuestion(by, period), FIGURES_EVERY_MS);
  const nameOf = (key: string, name: string) => (by === 'client' && key !== '' ? tell(clientName(name)) : name);
  return (
    <Panel id="requests-over-time" title={text('requestsOverTime')}>
      <SegmentedChoice
        name="series-by"
        label={text('seriesBy')}
        choices={[
          { value: 'model', label: text('byModel') },
          { value: 'client', label: text('byClient') },
        ]}
        chosen={by}
        onChoose={setBy}
      />
      <AnswerOf answered={answered} heightPx={PLOT_HEIGHT_PX}>
        {(series) =>
          series.series.length === 0 ? (
            <p>{text('sharesEmpty')}</p>
          ) : (
            <StackedBars key={by} series={series} label={text('requestsOverTime')} nameOf={nameOf} />
          )
        }
      </AnswerOf>
    </Panel>
  );
}
