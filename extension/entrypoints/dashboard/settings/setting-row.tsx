import { useState } from 'preact/hooks';
import { text } from '../../../text.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { type Setting, valueText } from '../data/settings.ts';
import { useDesk } from '../data/use-question.ts';
import { SettingForm } from './setting-form.tsx';

const HIDDEN = '••••••••';

/** One setting: what it does, what it is, where that comes from, and the way to another value. */
export function SettingRow({ setting }: { readonly setting: Setting }) {
  const { isLive } = useDesk();
  const [isEditing, setEditing] = useState(false);
  const [effect, setEffect] = useState<string | null>(null);
  const value = valueText(setting.value);
  const shown = setting.isSecret && value !== '' ? HIDDEN : cleanLabel(value, 300) || text('settingNone');
  return (
    <li class="setting">
      <div class="setting-what">
        <code class="setting-key">{cleanLabel(setting.key, 120)}</code>
        <p>{cleanLabel(setting.description, 600)}</p>
      </div>
      <div class="setting-value">
        <code class={value === '' ? 'is-none' : ''}>{shown}</code>
        <small class={setting.origin === 'default' ? '' : 'is-set'}>
          <bdi>{cleanLabel(setting.source, 200)}</bdi>
        </small>
        {setting.isPending && <span class="status warn">{text('settingPending')}</span>}
      </div>
      <div class="setting-act">
        {isLive && !setting.isLocal && !isEditing && (
          <button
            type="button"
            class="plain"
            data-testid={`edit-${setting.key}`}
            aria-label={text('actionChangeThing', setting.key)}
            onClick={() => setEditing(true)}
          >
            {text('actionChange')}
          </button>
        )}
        {setting.isLocal && <small>{text('settingLocal')}</small>}
      </div>
      {isEditing && (
        <SettingForm
          setting={setting}
          onDone={(told) => {
            setEffect(told);
            setEditing(false);
          }}
        />
      )}
      {effect !== null && (
        <p class="note setting-effect" role="status">
          {effect}
        </p>
      )}
    </li>
  );
}
