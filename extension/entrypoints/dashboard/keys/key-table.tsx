import { text, type TextKey } from '../../../text.ts';
import { ConfirmButton } from '../../../ui/confirm-button.tsx';
import { cleanLabel } from '../../../ui/label.ts';
import { levelOfPercent, Meter } from '../../../ui/meter.tsx';
import { message } from '../../../ui/message.ts';
import { useFigures } from '../../../ui/use-figures.ts';
import { useTell } from '../../../ui/words.tsx';
import { type Budget, type ClientKey, type ClientKeyMode, clientKeysQuestion } from '../data/client-keys.ts';
import { useChange } from '../data/use-change.ts';
import { useDesk } from '../data/use-question.ts';
import { ProblemNote } from '../parts/answer-of.tsx';
import { budgetPercent, standingOfKey } from './key-view.ts';

export const modeWords: Readonly<Record<ClientKeyMode, TextKey>> = {
  both: 'modeBoth',
  api: 'modeApi',
  web: 'modeWeb',
  'claude-code': 'modeClaudeCode',
};

export function KeyTable({ keys }: { readonly keys: readonly ClientKey[] }) {
  // Those that no longer open anything stand last.
  const sorted = keys.toSorted((left, right) => Number(right.isValid) - Number(left.isValid));
  return (
    <div class="table-frame">
      <table class="key-table">
        <thead>
          <tr>
            <th scope="col">{text('keyName')}</th>
            <th scope="col">{text('keyStanding')}</th>
            <th scope="col">{text('keyRequests')}</th>
            <th scope="col">{text('keyTokens')}</th>
            <th scope="col">{text('keyLastUsed')}</th>
            <th scope="col">
              <span class="unseen">{text('rowActions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((key) => (
            <KeyRow key={key.id} clientKey={key} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function KeyRow({ clientKey }: { readonly clientKey: ClientKey }) {
  const tell = useTell();
  const { name, mode, models, ratePerMinute, lastUsedAtMs, isValid } = clientKey;
  const { word, tone } = standingOfKey(clientKey);
  const label = cleanLabel(name, 120) || cleanLabel(clientKey.id, 40);
  const allowed = [
    text(modeWords[mode]),
    ...(models.length === 0 ? [] : [cleanLabel(models.join(', '), 120)]),
    ...(ratePerMinute === null ? [] : [text('keyRate', String(ratePerMinute))]),
  ];
  return (
    <tr class={isValid ? '' : 'is-over'}>
      <td>
        <bdi class="name" title={label}>
          {label}
        </bdi>
        <small>
          <bdi class="clamped">{allowed.join(' · ')}</bdi>
        </small>
      </td>
      <td>
        <span class={`status ${tone}`}>{tell(word)}</span>
      </td>
      <td>
        <Used
          used={clientKey.requests}
          budget={clientKey.requestBudget}
          label={text('keyRequests')}
          clientKey={clientKey}
        />
      </td>
      <td>
        <Used used={clientKey.tokens} budget={clientKey.tokenBudget} label={text('keyTokens')} clientKey={clientKey} />
      </td>
      <td>{lastUsedAtMs === null ? text('keyNeverUsed') : tell(message('ageOnly', { agoFromMs: lastUsedAtMs }))}</td>
      <td class="row-actions">{isValid && <Revoke clientKey={clientKey} label={label} />}</td>
    </tr>
  );
}

interface UsedProps {
  readonly used: number;
  readonly budget: Budget | null;
  readonly label: string;
  readonly clientKey: ClientKey;
}

/** What was used in all, and, where there is a budget, what of it in its period. */
function Used({ used, budget, label, clientKey }: UsedProps) {
  const tell = useTell();
  const { count } = useFigures();
  if (budget === null) return <span class="number">{count(used)}</span>;
  const percent = budgetPercent(budget);
  const words = text('keyOfBudget', count(budget.limit - budget.left), count(budget.limit));
  const { budgetResetsAtMs } = clientKey;
  return (
    <div class="key-budget">
      <span class="number">{words}</span>
      <Meter label={label} percent={percent} level={levelOfPercent(percent)} words={words} />
      {budgetResetsAtMs !== null && <small>{tell(message('limitResets', { momentMs: budgetResetsAtMs }))}</small>}
    </div>
  );
}

function Revoke({ clientKey, label }: { readonly clientKey: ClientKey; readonly label: string }) {
  const { isLive } = useDesk();
  const change = useChange(clientKeysQuestion);
  if (!isLive) return null;
  return (
    <>
      <ConfirmButton
        label={text('actionRevoke')}
        look="plain"
        question={text('revokeQuestion', label)}
        testId="revoke-key"
        onConfirm={() => change.run('POST', '/api/token/revoke', { id: clientKey.id })}
      />
      {change.problem !== null && <ProblemNote problem={change.problem} />}
    </>
  );
}
