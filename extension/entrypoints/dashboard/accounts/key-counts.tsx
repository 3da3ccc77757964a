import type { CompanionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { CommandLine } from '../../../ui/command-line.tsx';
import { type KeysView, keysViews } from '../../../ui/keys-view.ts';
import { useTell } from '../../../ui/words.tsx';

/** How many API keys there are and how many are ready, provider by provider. Nothing to see where there are none. */
export function KeyCounts({ companion }: { readonly companion: CompanionStatus }) {
  const providers = keysViews(companion);
  if (providers.length === 0) return null;
  return (
    <section class="account" id="api-keys" aria-labelledby="key-counts-title">
      <h3 id="key-counts-title" class="name">
        {text('keysTitle')}
      </h3>
      <ul class="key-counts">
        {providers.map((provider) => (
          <Provider key={provider.id} view={provider} />
        ))}
      </ul>
      {providers.some(({ areAllReady }) => !areAllReady) && <p>{text('keysWhyNotReady')}</p>}
      <p>{text('keysAdd')}</p>
      <CommandLine command="companion keys add anthropic" />
    </section>
  );
}

function Provider({ view }: { readonly view: KeysView }) {
  const tell = useTell();
  return (
    <li>
      <bdi class="clamped" title={view.provider}>
        {view.provider}
      </bdi>
      <span class={`status ${view.areAllReady ? 'ok' : 'warn'}`}>{tell(view.figure)}</span>
    </li>
  );
}
