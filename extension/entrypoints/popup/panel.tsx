import type { ExtensionState } from '../../state.ts';
import { text } from '../../text.ts';
import { AccountCard } from '../../ui/account-card.tsx';
import type { Background } from '../../ui/background.ts';
import { CommandLine } from '../../ui/command-line.tsx';
import { JobList } from '../../ui/job-list.tsx';
import { syncFromClick } from '../../ui/steps.ts';
import { type Step, useStep } from '../../ui/use-step.ts';
import type { Action, PanelView } from '../../ui/view/panel.ts';
import { useTell } from '../../ui/words.tsx';
import { Heading } from './heading.tsx';

export interface PanelProps {
  readonly background: Background;
  readonly state: ExtensionState;
  readonly view: PanelView;
  readonly onScreen: (screen: 'pair' | 'clients') => void;
}

/** Every state but pairing and consent: what happened, what it means, and one next step. */
export function Panel({ background, state, view, onScreen }: PanelProps) {
  const tell = useTell();
  const step = useStep();
  const perform = (action: Action) => performAction(action, { background, state, step, onScreen });
  // What helps comes before what is known; only where nothing is wrong does the account come first.
  const account = view.account !== null && <AccountCard account={view.account} />;
  return (
    <>
      {view.title !== null && <Heading title={tell(view.title)} />}
      <Paragraphs view={view} />
      {view.command !== null && <CommandLine command={view.command} />}
      {view.title === null && account}
      {step.problem !== null && (
        <p class="problem" role="alert">
          {step.problem}
        </p>
      )}
      <div class="row">
        <ActionButton action={view.primary} isBusy={step.isRunning || view.kind === 'syncing'} onPerform={perform} />
        {view.secondary !== null && <ActionButton action={view.secondary} isQuiet onPerform={perform} />}
      </div>
      {view.title !== null && account}
      {view.shared !== null && <p>{tell(view.shared)}</p>}
      <JobList jobs={view.jobs} background={background} />
      {view.details !== null && (
        <details open={view.details.isOpen}>
          <summary>{text('troubleDetails')}</summary>
          <p>
            <bdi>{view.details.text}</bdi>
          </p>
        </details>
      )}
    </>
  );
}

function Paragraphs({ view }: { readonly view: PanelView }) {
  const tell = useTell();
  const last = view.paragraphs.length - 1;
  return (
    <>
      {view.paragraphs.map((paragraph, index) => (
        <p key={paragraph.key}>
          {tell(paragraph)}
          {index === last && view.emphasis !== null && <strong> {tell(view.emphasis)}</strong>}
        </p>
      ))}
    </>
  );
}

interface ActionButtonProps {
  readonly action: Action;
  readonly isQuiet?: boolean;
  readonly isBusy?: boolean;
  readonly onPerform: (action: Action) => void;
}

function ActionButton({ action, isQuiet = false, isBusy = false, onPerform }: ActionButtonProps) {
  const tell = useTell();
  const look = isQuiet ? 'button quiet' : 'button';
  if (action.does === 'open') {
    return (
      <a class={look} href={action.url} target="_blank" rel="noreferrer" data-testid="open">
        {tell(action.label)}
      </a>
    );
  }
  return (
    <button type="button" class={look} data-testid={action.does} disabled={isBusy} onClick={() => onPerform(action)}>
      {tell(action.label)}
    </button>
  );
}

interface Surroundings {
  readonly background: Background;
  readonly state: ExtensionState;
  readonly step: Step;
  readonly onScreen: (screen: 'pair' | 'clients') => void;
}

function performAction(action: Action, { background, state, step, onScreen }: Surroundings): void {
  switch (action.does) {
    case 'sync':
    case 'allow':
      step.run(() => syncFromClick(background, state));
      return;
    case 'try-now':
      step.run(() => background.ask('try-now', {}));
      return;
    case 'show-pairing':
    case 'pair':
      onScreen('pair');
      return;
    case 'show-clients':
      onScreen('clients');
      return;
    case 'open':
  }
}
