import type { ComponentChildren } from 'preact';
import { text, type TextKey } from '../../../text.ts';
import { clientName } from '../../../ui/client-name.ts';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { cleanLabel } from '../../../ui/label.ts';
import { useFigures } from '../../../ui/use-figures.ts';
import { useTell } from '../../../ui/words.tsx';
import type { Attempt, Consideration, ExplainedExchange } from '../data/exchanges.ts';
import { Outcome } from './exchange-row.tsx';
import { useClock } from './use-clock.ts';

/** Why a request went where it went, and what became of it. */
export function Explanation({ exchange }: { readonly exchange: ExplainedExchange }) {
  return (
    <>
      <Facts exchange={exchange} />
      {exchange.remedy !== null && exchange.outcome !== 'ok' && (
        <p class="note warn">
          <bdi>{cleanLabel(exchange.remedy, 600)}</bdi>
        </p>
      )}
      <Part title={text('explainPlan')}>
        <p>
          <bdi>{cleanLabel(exchange.plan, 600) || text('explainNoPlan')}</bdi>
        </p>
        <Considered considered={exchange.considered} />
      </Part>
      {exchange.attempts.length > 0 && (
        <Part title={text('explainAttempts')}>
          <Attempts attempts={exchange.attempts} />
        </Part>
      )}
      {exchange.warnings.length > 0 && (
        <Part title={text('explainWarnings')}>
          <ul class="warnings">
            {exchange.warnings.map((warning) => (
              <li key={warning}>
                <bdi>{cleanLabel(warning, 600)}</bdi>
              </li>
            ))}
          </ul>
        </Part>
      )}
    </>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section class="part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Facts({ exchange }: { readonly exchange: ExplainedExchange }) {
  const tell = useTell();
  const clock = useClock();
  const { count, duration } = useFigures();
  const { model, servedModel, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = exchange;
  const isRenamed = servedModel !== null && model !== null && servedModel !== model;
  const facts: readonly (readonly [TextKey, ComponentChildren])[] = [
    ['rowStatus', <Outcome exchange={exchange} />],
    ['rowTime', clock(exchange.atMs)],
    ['rowClient', <bdi>{tell(clientName(exchange.client))}</bdi>],
    ['rowModel', <bdi>{cleanLabel(model ?? servedModel ?? '–', 120)}</bdi>],
    ['factServedModel', isRenamed ? <bdi>{cleanLabel(servedModel, 120)}</bdi> : null],
    ['rowServedBy', <bdi>{cleanLabel(exchange.credentialName ?? exchange.provider ?? '–', 120)}</bdi>],
    ['factKey', exchange.clientKey === null ? null : <bdi>{cleanLabel(exchange.clientKey, 80)}</bdi>],
    ['factIn', inputTokens === null ? null : count(inputTokens)],
    ['factCacheRead', cacheReadTokens === null || cacheReadTokens === 0 ? null : count(cacheReadTokens)],
    ['factCacheWrite', cacheWriteTokens === null || cacheWriteTokens === 0 ? null : count(cacheWriteTokens)],
    ['factOut', outputTokens === null ? null : count(outputTokens)],
    ['rowFirstByte', exchange.firstByteMs === null ? null : duration(exchange.firstByteMs)],
    ['factDuration', duration(exchange.durationMs)],
    ['factForm', text(exchange.isTranslated ? 'factTranslated' : 'factPassed')],
  ];
  return (
    <>
      <dl class="facts-list">
        {facts
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{text(name)}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      <div class="command">
        <code>{cleanLabel(exchange.id, 80)}</code>
        <CopyButton value={exchange.id} what={exchange.id} />
      </div>
    </>
  );
}

function Considered({ considered }: { readonly considered: readonly Consideration[] }) {
  if (considered.length === 0) return null;
  return (
    <ol class="considered">
      {considered.map((one, index) => (
        // oxlint-disable-next-line no-array-index-key -- a list that never changes, in which one may stand twice
        <li key={index} class={one.verdict === 'chosen' ? 'chosen' : ''}>
          <bdi class="considered-who">{cleanLabel(one.who, 120)}</bdi>
          <span class={`verdict ${toneOfVerdict(one.verdict)}`}>{verdictWord(one.verdict)}</span>
          <bdi class="considered-reason">{cleanLabel(one.reason, 400)}</bdi>
        </li>
      ))}
    </ol>
  );
}

function toneOfVerdict(verdict: string): string {
  if (verdict === 'chosen') return 'ok';
  return verdict === 'next' ? 'off' : 'warn';
}

function verdictWord(verdict: string): string {
  switch (verdict) {
    case 'chosen':
      return text('verdictChosen');
    case 'next':
      return text('verdictNext');
    case 'passed over':
      return text('verdictPassedOver');
    default:
      return cleanLabel(verdict, 40);
  }
}

function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }) {
  const { duration } = useFigures();
  return (
    <ol class="considered">
      {attempts.map((attempt, index) => (
        // oxlint-disable-next-line no-array-index-key -- a list that never changes, in which one may stand twice
        <li key={index}>
          <bdi class="considered-who">{cleanLabel(attempt.who, 120)}</bdi>
          <span class="verdict">{duration(attempt.durationMs)}</span>
          <span class="considered-reason">
            <Outcome
              exchange={{
                outcome: attempt.outcome === 'served' ? 'ok' : attempt.outcome,
                status: attempt.status ?? 0,
                warnings: [],
              }}
            />
          </span>
        </li>
      ))}
    </ol>
  );
}
