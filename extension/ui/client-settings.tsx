import { useEffect, useState } from 'preact/hooks';
import type { ClientSettings } from '../../shared/status.ts';
import { text, type TextKey } from '../text.ts';
import type { Background } from './background.ts';
import { CopyButton } from './copy-button.tsx';
import { SegmentedChoice } from './segmented-choice.tsx';
import { hideKeys, type SnippetFormat, snippetFormats, writeSnippet } from './settings-snippet.ts';

const formatWords: Readonly<Record<SnippetFormat, { readonly name: TextKey; readonly hint: TextKey }>> = {
  bash: { name: 'clientsBash', hint: 'clientsHintBash' },
  powershell: { name: 'clientsPowershell', hint: 'clientsHintPowershell' },
  'claude-code': { name: 'clientsClaudeCode', hint: 'clientsHintClaudeCode' },
};

/** What a program needs to reach the companion, ready to paste. Keys are asked for only now, and shown only on request. */
export function ClientSettingsPanel({ background }: { readonly background: Background }) {
  const settings = useClientSettings(background);
  if (settings === undefined) return <p role="status">{text('clientsLoading')}</p>;
  if (settings === null) return <p class="note warn">{text('clientsUnavailable')}</p>;
  return <SettingsSnippets settings={settings} />;
}

/** Ready to paste, for each place where they are pasted. */
export function SettingsSnippets({ settings }: { readonly settings: ClientSettings }) {
  const [format, setFormat] = useState<SnippetFormat>('bash');
  const [areKeysShown, setKeysShown] = useState(false);
  const words = formatWords[format];
  return (
    <div class="snippets">
      <SegmentedChoice
        name="format"
        label={text('clientsFormats')}
        choices={snippetFormats.map((each) => ({ value: each, label: text(formatWords[each].name) }))}
        chosen={format}
        onChoose={setFormat}
      />
      <p>{text(words.hint)}</p>
      <pre data-testid="snippet" tabIndex={0} aria-label={text(words.name)}>
        {writeSnippet(format, areKeysShown ? settings : hideKeys(settings))}
      </pre>
      <div class="row">
        <CopyButton value={writeSnippet(format, settings)} what={text(words.name)} look="button" />
        <button
          type="button"
          class="button quiet"
          data-testid="show-keys"
          aria-pressed={areKeysShown}
          onClick={() => setKeysShown(!areKeysShown)}
        >
          {text(areKeysShown ? 'actionHideKeys' : 'actionShowKeys')}
        </button>
      </div>
    </div>
  );
}

/** `undefined` while asking, `null` when the companion did not tell. */
function useClientSettings(background: Background): ClientSettings | null | undefined {
  const [settings, setSettings] = useState<ClientSettings | null>();
  useEffect(() => {
    background.ask('client-settings', {}).then(setSettings, () => setSettings(null));
  }, [background]);
  return settings;
}
