import { useState } from 'preact/hooks';
import type { ExtensionState, Pair } from '../../state.ts';
import { text } from '../../text.ts';
import type { Background } from '../../ui/background.ts';
import { CommandLine } from '../../ui/command-line.tsx';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { message } from '../../ui/message.ts';
import { PairForm, pairFailureText, usePairing } from '../../ui/pair-form.tsx';
import { Panel } from '../../ui/panel.tsx';
import { goodbyeMessage } from '../../ui/view/popup-view.ts';
import { useTell } from '../../ui/words.tsx';
import { type FollowedToken, useFollowedToken } from './followed-token.ts';

export interface SectionProps {
  readonly background: Background;
  readonly state: ExtensionState;
}

/** The pairing of this browser; a pairing link that was followed comes first, and waits for a click. */
export function PairingSection({ background, state }: SectionProps) {
  const followed = useFollowedToken();
  return (
    <Panel id="pair" title={text('pairingSection')}>
      {followed.port !== null && <FollowedLink background={background} followed={followed} port={followed.port} />}
      {state.pair !== null && <PairFacts pair={state.pair} />}
      {needsPairing(state) ? followed.port === null && <Unpaired background={background} state={state} /> : null}
      {state.pair !== null && (
        <ConfirmButton
          label={text('actionUnpair')}
          question={text(state.link.kind === 'online' ? 'pairingUnpairQuestion' : 'pairingUnpairQuestionAway')}
          testId="unpair"
          onConfirm={() => background.ask('unpair', {})}
        />
      )}
    </Panel>
  );
}

function needsPairing({ link }: ExtensionState): boolean {
  return link.kind === 'unpaired' || link.kind === 'forgotten' || link.kind === 'impostor';
}

function Unpaired({ background, state }: SectionProps) {
  const tell = useTell();
  const goodbye = goodbyeMessage(state);
  return (
    <>
      {goodbye !== null && <p class="note">{tell(goodbye)}</p>}
      <p>{text('pairingNone')}</p>
      <p>{text('pairStepRun')}</p>
      <CommandLine command="companion pair" />
      <p>{text('pairStepPaste')}</p>
      <PairForm background={background} />
      <p>{text('pairNothingRead')}</p>
    </>
  );
}

function PairFacts({ pair }: { readonly pair: Pair }) {
  const tell = useTell();
  return (
    <dl class="facts-list">
      <dt>{text('pairingFingerprint')}</dt>
      <dd>
        <code>{pair.fingerprint}</code> <small>{text('pairingFingerprintHint')}</small>
      </dd>
      <dt>{text('pairingPort')}</dt>
      <dd>{pair.port}</dd>
      <dt>{text('pairingSince')}</dt>
      <dd>{tell(message('ageOnly', { agoFromMs: pair.pairedAtMs }))}</dd>
    </dl>
  );
}

interface FollowedLinkProps {
  readonly background: Background;
  readonly followed: FollowedToken;
  readonly port: number;
}

function FollowedLink({ background, followed, port }: FollowedLinkProps) {
  const { failure, isRunning, pair } = usePairing(background, followed.forget);
  const [wasTried, setTried] = useState(false);

  async function pairNow() {
    setTried(true);
    await pair(followed.reveal());
  }

  return (
    <div class="note good followed">
      <p>
        <strong>{text('pairingPending', String(port))}</strong>
      </p>
      <p>{text('pairingPendingHint')}</p>
      {wasTried && failure !== null && (
        <p class="problem" role="alert">
          {pairFailureText(failure)}
        </p>
      )}
      <div class="row">
        <button type="button" class="button" data-testid="pair-followed" aria-disabled={isRunning} onClick={pairNow}>
          {text(isRunning ? 'actionPairing' : 'actionPairThisBrowser')}
        </button>
        <button type="button" class="button quiet" onClick={followed.forget}>
          {text('actionDismiss')}
        </button>
      </div>
    </div>
  );
}
