import { useState } from 'preact/hooks';
import { text } from '../../../text.ts';
import { Panel } from '../../../ui/panel.tsx';
import { readTokens } from '../accounts/read-tokens.ts';
import {
  budgetPeriods,
  clientKeyModes,
  clientKeysQuestion,
  type NewClientKey,
  readNewKey,
} from '../data/client-keys.ts';
import { useChange } from '../data/use-change.ts';
import { ProblemNote } from '../parts/answer-of.tsx';
import { Field } from '../parts/field.tsx';
import { SelectField } from '../parts/select-field.tsx';
import { modeWords } from './key-table.tsx';
import { type KeyWish, startWish, wishBody } from './key-wish.ts';

const lifetimes = [
  ['30d', 'lifeMonth'],
  ['90d', 'lifeQuarter'],
  ['365d', 'lifeYear'],
  ['never', 'lifeForever'],
] as const;
const periodWords = {
  never: 'budgetNever',
  daily: 'budgetDaily',
  weekly: 'budgetWeekly',
  monthly: 'budgetMonthly',
} as const;

/** Name and lifetime are enough; limits stand behind a click. */
export function CreateKey({ onMade }: { readonly onMade: (made: NewClientKey) => void }) {
  const change = useChange(clientKeysQuestion);
  const [wish, setWish] = useState<KeyWish>(startWish);
  const set = (part: Partial<KeyWish>): void => setWish({ ...wish, ...part });

  async function create(event: Event): Promise<void> {
    event.preventDefault();
    const body = wishBody(wish);
    if (body === null) return;
    const answer = await change.run('POST', '/api/token/generate', body);
    if (answer?.ok !== true) return;
    setWish(startWish);
    onMade(readNewKey(answer.body));
  }

  return (
    <Panel id="create-key" title={text('createKeyTitle')}>
      <form class="key-form" onSubmit={(event) => void create(event)}>
        <div class="form-grid">
          <Field
            label={text('keyName')}
            value={wish.name}
            isRequired
            placeholder={text('keyNameHint')}
            onInput={(name) => set({ name })}
            testId="key-name"
          />
          <SelectField
            label={text('keyLifetime')}
            value={wish.lifetime}
            choices={lifetimes.map(([value, word]) => ({ value, label: text(word) }))}
            onChoose={(lifetime) => set({ lifetime })}
          />
          <SelectField
            label={text('keyMode')}
            value={wish.mode}
            choices={clientKeyModes.map((mode) => ({ value: mode, label: text(modeWords[mode]) }))}
            onChoose={(mode) => set({ mode })}
          />
        </div>
        <Limits wish={wish} onChange={set} />
        {change.problem !== null && <ProblemNote problem={change.problem} />}
        <button type="submit" class="button" data-testid="create-key" aria-disabled={change.isRunning}>
          {text(change.isRunning ? 'actionCreating' : 'actionCreateKey')}
        </button>
      </form>
    </Panel>
  );
}

interface LimitsProps {
  readonly wish: KeyWish;
  readonly onChange: (part: Partial<KeyWish>) => void;
}

function Limits({ wish, onChange }: LimitsProps) {
  const problemOf = (typed: string) => (readTokens(typed) === undefined ? text('limitProblem') : null);
  return (
    <details>
      <summary>{text('keyLimits')}</summary>
      <div class="form-grid">
        <Field
          label={text('keyRequestBudget')}
          value={wish.requests}
          placeholder={text('limitNoneHint')}
          problem={problemOf(wish.requests)}
          onInput={(requests) => onChange({ requests })}
        />
        <Field
          label={text('keyTokenBudget')}
          value={wish.tokens}
          placeholder={text('limitNoneHint')}
          problem={problemOf(wish.tokens)}
          onInput={(tokens) => onChange({ tokens })}
        />
        <SelectField
          label={text('keyBudgetPeriod')}
          value={wish.period}
          choices={budgetPeriods.map((period) => ({ value: period, label: text(periodWords[period]) }))}
          onChoose={(period) => onChange({ period })}
        />
        <Field
          label={text('keyRateField')}
          value={wish.rate}
          placeholder={text('limitNoneHint')}
          problem={problemOf(wish.rate)}
          onInput={(rate) => onChange({ rate })}
        />
        <Field
          label={text('keyModels')}
          value={wish.models}
          placeholder={text('keyModelsHint')}
          onInput={(models) => onChange({ models })}
        />
      </div>
    </details>
  );
}
