import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { text } from '../../../text.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { fieldsOf, textOf } from '../data/read.ts';
import { type Setting, settingPath, settingsQuestion, valueText } from '../data/settings.ts';
import { problemWords } from '../data/problem.ts';
import { useChange } from '../data/use-change.ts';
import { Field } from '../parts/field.tsx';
import { SelectField } from '../parts/select-field.tsx';

export interface SettingFormProps {
  readonly setting: Setting;
  /** With when it counts, or `null` if nothing was changed. */
  readonly onDone: (effect: string | null) => void;
}

/** Writes into config.yaml, or takes the setting out of it again. */
export function SettingForm({ setting, onDone }: SettingFormProps) {
  const change = useChange(settingsQuestion);
  const [typed, setTyped] = useState(setting.isSecret ? '' : valueText(setting.value));
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('input, select')?.focus(), []);
  const isSwitch = typeof setting.default === 'boolean' || typeof setting.value === 'boolean';

  async function send(method: 'PUT' | 'DELETE'): Promise<void> {
    const answer =
      method === 'PUT'
        ? await change.run('PUT', '/v0/management/config', { key: setting.key, value: typed })
        : await change.run('DELETE', settingPath(setting.key));
    if (answer?.ok === true) onDone(effectOf(answer.body));
  }

  return (
    <form
      ref={form}
      class="setting-form"
      onSubmit={(event) => {
        event.preventDefault();
        void send('PUT');
      }}
      onKeyDown={(event) => event.key === 'Escape' && onDone(null)}
    >
      {isSwitch ? (
        <SelectField
          label={text('settingValue')}
          value={typed}
          choices={[
            { value: 'true', label: text('yes') },
            { value: 'false', label: text('no') },
          ]}
          onChoose={setTyped}
          testId="setting-value"
        />
      ) : (
        <Field
          label={text('settingValue')}
          type={setting.isSecret ? 'password' : 'text'}
          value={typed}
          hint={text('settingMustBe', cleanLabel(setting.allowed, 400))}
          problem={problemText(change.problem)}
          onInput={setTyped}
          testId="setting-value"
        />
      )}
      {isSwitch && change.problem !== null && (
        <p class="problem" role="alert">
          {problemText(change.problem)}
        </p>
      )}
      <div class="row">
        <button type="submit" class="button" data-testid="save-setting" aria-disabled={change.isRunning}>
          {text(change.isRunning ? 'actionSaving' : 'actionSave')}
        </button>
        {setting.origin === 'config' && (
          <button type="button" class="button quiet" onClick={() => void send('DELETE')}>
            {text('actionUseDefault')}
          </button>
        )}
        <button type="button" class="button quiet" onClick={() => onDone(null)}>
          {text('actionCancel')}
        </button>
      </div>
    </form>
  );
}

function problemText(problem: Parameters<typeof problemWords>[0] | null): string | null {
  if (problem === null) return null;
  const { title, details } = problemWords(problem);
  return details === '' ? title : details;
}

function effectOf(body: unknown): string {
  const { effect, source } = fieldsOf(body);
  switch (effect) {
    case 'now':
      return text('effectNow');
    case 'restart':
      return text('effectRestart');
    case 'beaten':
      return text('effectBeaten', cleanLabel(textOf(source), 200));
    default:
      return text('effectNone');
  }
}
