import { useState } from 'preact/hooks';
import { text } from '../../../text.ts';
import { ConfirmButton } from '../../../ui/confirm-button.tsx';
import { cleanLabel } from '../../../ui/label.ts';
import { type Auth, authPath, authsQuestion } from '../data/auths.ts';
import { fieldsOf, listOf, textOf, textOrNull } from '../data/read.ts';
import { useChange } from '../data/use-change.ts';
import { useDesk } from '../data/use-question.ts';
import { ProblemNote } from '../parts/answer-of.tsx';
import { LimitForm } from './limit-form.tsx';

export interface AuthActionsProps {
  readonly auth: Auth;
  /** One that is signed out of elsewhere has a button of its own for that. */
  readonly mayRemove?: boolean;
}

/** What can be done with any credential: check it, limit it, rank it, turn it off, remove it. */
export function AuthActions({ auth, mayRemove = false }: AuthActionsProps) {
  const { isLive } = useDesk();
  const change = useChange(authsQuestion);
  const [isEditing, setEditing] = useState(false);
  const [checked, setChecked] = useState<string | null>(null);
  if (!isLive) return null;
  const isOff = auth.status === 'off';

  async function check(): Promise<void> {
    setChecked(null);
    const answer = await change.run('POST', authPath(auth, '/refresh'));
    if (answer?.ok === true) setChecked(outcomeOf(answer.body));
  }

  return (
    <div class="auth-actions">
      {change.problem !== null && <ProblemNote problem={change.problem} />}
      {checked !== null && (
        <p class="note" role="status">
          <bdi>{checked}</bdi>
        </p>
      )}
      {isEditing && <LimitForm auth={auth} onDone={() => setEditing(false)} />}
      <div class="row">
        <button type="button" class="plain" aria-disabled={change.isRunning} onClick={() => void check()}>
          {text(change.isRunning ? 'actionChecking' : 'actionCheck')}
        </button>
        <button
          type="button"
          class="plain"
          aria-expanded={isEditing}
          data-testid="edit-limit"
          onClick={() => setEditing(!isEditing)}
        >
          {text('actionLimit')}
        </button>
        <button
          type="button"
          class="plain"
          data-testid="toggle-auth"
          onClick={() => void change.run('PUT', authPath(auth), { enabled: isOff })}
        >
          {text(isOff ? 'actionTurnOn' : 'actionTurnOff')}
        </button>
        {mayRemove && (
          <ConfirmButton
            label={text('actionRemoveCredential')}
            look="plain"
            question={text('removeCredentialQuestion', cleanLabel(auth.name, 80))}
            testId="remove-auth"
            onConfirm={() => change.run('DELETE', authPath(auth))}
          />
        )}
      </div>
    </div>
  );
}

/** In the companion's own words where it had any. */
function outcomeOf(body: unknown): string {
  const [result] = listOf(fieldsOf(body)['results'], fieldsOf);
  const told = textOrNull(result?.['message']);
  if (told !== null) return cleanLabel(told, 400);
  return text(textOf(result?.['outcome']) === 'failed' ? 'checkFailed' : 'checkWorks');
}
