import { useState } from 'preact/hooks';
import { text } from '../../../text.ts';
import { ConfirmButton } from '../../../ui/confirm-button.tsx';
import { cleanLabel } from '../../../ui/label.ts';
import { useFigures } from '../../../ui/use-figures.ts';
import { type Auth, authPath, authsQuestion } from '../data/auths.ts';
import { useChange } from '../data/use-change.ts';
import { Field } from '../parts/field.tsx';
import { ProblemNote } from '../parts/answer-of.tsx';
import { readTokens } from './read-tokens.ts';

/** How many tokens a credential may use in a period, and before which others it is preferred. */
export function LimitForm({ auth, onDone }: { readonly auth: Auth; readonly onDone: () => void }) {
  const change = useChange(authsQuestion);
  const [limit, setLimit] = useState(auth.quota?.limit === null ? '' : String(auth.quota?.limit ?? ''));
  const [rank, setRank] = useState(String(auth.priority ?? ''));
  const tokens = readTokens(limit);
  const priority = rank.trim() === '' ? null : Number(rank);
  const isRankFine = priority === null || (Number.isInteger(priority) && priority >= 0 && priority <= 1_000);

  async function save(event: Event): Promise<void> {
    event.preventDefault();
    if (tokens === undefined || !isRankFine) return;
    const { id } = auth;
    const limited = await change.run('PUT', authPath(auth, '/quota'), { limit: tokens, id });
    if (limited?.ok !== true) return;
    const hasRank = priority !== null && priority !== auth.priority;
    const ranked = hasRank ? await change.run('PUT', authPath(auth), { priority }) : limited;
    if (ranked?.ok === true) onDone();
  }

  return (
    <form class="inline-form" onSubmit={(event) => void save(event)}>
      <Field
        label={text('limitField')}
        hint={text('limitHint')}
        value={limit}
        problem={tokens === undefined ? text('limitProblem') : null}
        onInput={setLimit}
        testId="limit"
      />
      <Field
        label={text('rankField')}
        hint={text('rankHint')}
        value={rank}
        problem={isRankFine ? null : text('rankProblem')}
        onInput={setRank}
        testId="rank"
      />
      <CountAnew auth={auth} />
      {change.problem !== null && <ProblemNote problem={change.problem} />}
      <div class="row">
        <button type="submit" class="button" data-testid="save-limit" aria-disabled={change.isRunning}>
          {text(change.isRunning ? 'actionSaving' : 'actionSave')}
        </button>
        <button type="button" class="button quiet" onClick={onDone}>
          {text('actionCancel')}
        </button>
      </div>
    </form>
  );
}

/** Nothing where nothing was counted yet. */
function CountAnew({ auth }: { readonly auth: Auth }) {
  const { count } = useFigures();
  const change = useChange(authsQuestion);
  if (auth.quota === null || auth.quota.used === 0) return null;
  return (
    <div>
      <p>{text('limitCounted', count(auth.quota.used))}</p>
      <ConfirmButton
        label={text('actionCountAnew')}
        look="plain"
        question={text('countAnewQuestion', cleanLabel(auth.name, 80))}
        testId="count-anew"
        onConfirm={() => change.run('POST', authPath(auth, '/quota/reset'))}
      />
      {change.problem !== null && <ProblemNote problem={change.problem} />}
    </div>
  );
}
