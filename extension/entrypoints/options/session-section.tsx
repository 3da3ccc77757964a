import { CLAUDE_COOKIE_NAMES, type ClaudeCookieName } from '../../../shared/provider.ts';
import type { Choices, ExtensionState } from '../../state.ts';
import { text, type TextKey } from '../../text.ts';
import type { Background } from '../../ui/background.ts';
import { Choice } from '../../ui/choice.tsx';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { message } from '../../ui/message.ts';
import { Panel } from '../../ui/panel.tsx';
import { StoreSelect } from '../../ui/store-select.tsx';
import { useChoices } from '../../ui/use-choices.ts';
import { useTell } from '../../ui/words.tsx';
import type { SectionProps } from './pairing-section.tsx';

const cookieWords: Readonly<Record<ClaudeCookieName, TextKey>> = {
  sessionKey: 'cookieSessionKey',
  lastActiveOrg: 'cookieLastActiveOrg',
  routingHint: 'cookieRoutingHint',
};

/** What is read, where it goes and where it rests; and the way to take all of it back. */
export function SessionSection({ background, state }: SectionProps) {
  const hasConsented = state.choices.consentedAtMs !== null;
  return (
    <Panel id="session" title={text('sessionSection')}>
      <WhatIsRead consentedAtMs={state.choices.consentedAtMs} />
      {hasConsented && <RestingPlace background={background} state={state} />}
      {hasConsented && (
        <ConfirmButton
          label={text('actionWithdraw')}
          question={text('sessionWithdrawHint')}
          testId="withdraw"
          onConfirm={() => withdraw(background)}
        />
      )}
    </Panel>
  );
}

/** Consent goes first: whatever happens to the rest, nothing is read from then on. */
async function withdraw(background: Background): Promise<void> {
  await background.ask('choose', { consentedAtMs: null });
  await background.ask('unsync', {});
}

function WhatIsRead({ consentedAtMs }: { readonly consentedAtMs: number | null }) {
  const tell = useTell();
  return (
    <>
      <p>{text('sessionReadIntro')}</p>
      <ul class="cookies">
        {CLAUDE_COOKIE_NAMES.map((name) => (
          <li key={name}>
            <code>{name}</code> {text(cookieWords[name])}
          </li>
        ))}
      </ul>
      <p>{text('sessionNotRead')}</p>
      <p>{text('sessionWhere')}</p>
      <p>{text('sessionTerms')}</p>
      <p>
        <strong>
          {consentedAtMs === null
            ? text('sessionNotConsented')
            : tell(message('sessionConsented', { dateMs: consentedAtMs }))}
        </strong>
      </p>
    </>
  );
}

function RestingPlace({ background, state }: SectionProps) {
  const { stores } = state;
  const { choices, problem, choose } = useChoices(background, state);
  const chooseAndSync = (changed: Partial<Choices>) => choose(changed, () => syncAgain(background, state));
  return (
    <>
      <fieldset>
        <legend>{text('restsLegend')}</legend>
        <Choice
          type="radio"
          name="rests-in"
          testId="rests-vault"
          label={text('restsVault')}
          hint={text('restsVaultHint')}
          isChecked={choices.restsIn === 'vault'}
          onChange={() => chooseAndSync({ restsIn: 'vault' })}
        />
        <Choice
          type="radio"
          name="rests-in"
          testId="rests-browser"
          label={text('restsBrowser')}
          hint={text('restsBrowserHint')}
          isChecked={choices.restsIn === 'browser'}
          onChange={() => chooseAndSync({ restsIn: 'browser' })}
        />
      </fieldset>
      <Choice
        type="checkbox"
        testId="keeps-synced"
        label={text('keepsSynced')}
        hint={text('keepsSyncedHint')}
        isChecked={choices.keepsSynced}
        onChange={(keepsSynced) => choose({ keepsSynced })}
      />
      <StoreSelect stores={stores} chosen={choices.store} onChoose={(store) => chooseAndSync({ store })} />
      {stores.length > 1 && <p>{text('storeHint')}</p>}
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

/** A session that was synced under the old choice moves to the new one at once. */
async function syncAgain(background: Background, state: ExtensionState): Promise<void> {
  if (state.sync.kind === 'done' && state.link.kind === 'online') await background.ask('sync', {});
}
