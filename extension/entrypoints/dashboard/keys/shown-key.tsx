import { useEffect, useRef } from 'preact/hooks';
import { text } from '../../../text.ts';
import { SettingsSnippets } from '../../../ui/client-settings.tsx';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { cleanLabel } from '../../../ui/label.ts';
import type { NewClientKey } from '../data/client-keys.ts';

export interface ShownKeyProps {
  readonly made: NewClientKey;
  /** Of the companion. */
  readonly url: string;
  readonly onDone: () => void;
}

/** A key that was just made, this one time: to copy, alone or within the settings of a program. */
export function ShownKey({ made, url, onDone }: ShownKeyProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { token } = made;
  const settings = {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: token,
    ANTHROPIC_API_KEY: token,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: token,
  };
  return (
    <section class="panel shown-key" aria-labelledby="shown-key-title">
      <h2 id="shown-key-title" ref={heading} tabIndex={-1}>
        {text('shownKeyTitle', cleanLabel(made.name, 80))}
      </h2>
      <p>{text('shownKeyLead')}</p>
      <div class="command">
        <code data-testid="shown-key">{token}</code>
        <CopyButton value={token} what={text('shownKeyThing')} />
      </div>
      <h3>{text('shownKeySettings')}</h3>
      <SettingsSnippets settings={settings} />
      <button type="button" class="button quiet" data-testid="shown-key-done" onClick={onDone}>
        {text('shownKeyDone')}
      </button>
    </section>
  );
}
