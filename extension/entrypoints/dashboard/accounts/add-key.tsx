import { useState } from 'preact/hooks';
import { builtInProviders } from '../../../../shared/api-provider.ts';
import { text } from '../../../text.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { Panel } from '../../../ui/panel.tsx';
import { authsQuestion } from '../data/auths.ts';
import { fieldsOf, textOf } from '../data/read.ts';
import { useChange } from '../data/use-change.ts';
import { ProblemNote } from '../parts/answer-of.tsx';
import { Field } from '../parts/field.tsx';
import { SelectField } from '../parts/select-field.tsx';

const providers = builtInProviders
  .filter((provider) => !provider.isKeyless && !('isLoginOnly' in provider))
  .map(({ id, name }) => ({ value: id, label: name }));

/** An API key goes straight to the companion; this page forgets it as soon as it is kept. */
export function AddKey() {
  const change = useChange(authsQuestion);
  const [provider, setProvider] = useState('anthropic');
  const [token, setToken] = useState('');
  const [name, setName] = useState('');
  const [added, setAdded] = useState<string | null>(null);

  async function add(event: Event): Promise<void> {
    event.preventDefault();
    setAdded(null);
    const called = name.trim();
    const body = { provider, type: 'api_key', token: token.trim(), ...(called === '' ? {} : { name: called }) };
    const answer = await change.run('POST', '/v0/management/auths', body);
    if (answer?.ok !== true) return;
    setToken('');
    setName('');
    setAdded(textOf(fieldsOf(answer.body)['name']) || called);
  }

  return (
    <Panel id="add-key" title={text('addKeyTitle')}>
      <p>{text('addKeyLead')}</p>
      <form class="form-grid" onSubmit={(event) => void add(event)}>
        <SelectField label={text('addKeyProvider')} value={provider} choices={providers} onChoose={setProvider} />
        <Field
          label={text('addKeySecret')}
          type="password"
          value={token}
          isRequired
          onInput={setToken}
          testId="new-key"
        />
        <Field label={text('addKeyName')} value={name} onInput={setName} placeholder={text('addKeyNameHint')} />
        <button type="submit" class="button" data-testid="add-key" aria-disabled={change.isRunning}>
          {text(change.isRunning ? 'actionSaving' : 'actionAddKey')}
        </button>
      </form>
      {change.problem !== null && <ProblemNote problem={change.problem} />}
      {added !== null && (
        <p class="note good" role="status">
          {text('addKeyDone', cleanLabel(added, 80))}
        </p>
      )}
    </Panel>
  );
}
