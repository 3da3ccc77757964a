import { useContext, useEffect, useRef } from 'preact/hooks';
import browser from 'webextension-polyfill';
import type { LoginAttempt } from '../../state.ts';
import { text } from '../../text.ts';
import type { Background } from '../../ui/background.ts';
import { CommandLine } from '../../ui/command-line.tsx';
import { LoginProblem } from '../../ui/login-problem.tsx';
import { PageFrame } from '../../ui/page-frame.tsx';
import { useLoginStep } from '../../ui/use-login-step.ts';
import { type DoneAction, type DoneView, doneView } from '../../ui/view/done-view.ts';
import { NowContext, useTell } from '../../ui/words.tsx';

export interface OAuthDoneProps {
  readonly background: Background;
  /** `null`: the redirect belonged to no login that waits. */
  readonly loginId: string | null;
}

/** Where a person lands after the provider's page: what became of the sign-in, and that this tab may be closed. */
export function OAuthDone({ background, loginId }: OAuthDoneProps) {
  const now = useContext(NowContext);
  const state = background.state.value;
  /** Outlives the background's memory of it: a page that stays open keeps what it said. */
  const last = useRef<LoginAttempt | null>(null);
  last.current = state?.logins.find(({ id }) => id === loginId) ?? last.current;
  const view = doneView({ state, loginId, attempt: last.current, nowMs: now.value });
  return (
    <PageFrame background={background} page="login">
      <main class="page-main">
        <Outcome view={view} background={background} />
      </main>
    </PageFrame>
  );
}

function Outcome({ view, background }: { readonly view: DoneView; readonly background: Background }) {
  const tell = useTell();
  const title = tell(view.title);
  useEffect(() => {
    document.title = `${title} · ${text('productName')}`;
  }, [title]);
  return (
    <section class={`panel outcome ${view.tone}`} data-testid="login-result" data-state={view.kind}>
      <div role="status" aria-live="polite" class="outcome-words">
        <h2>{title}</h2>
        {view.account !== null && (
          <p class="outcome-account">
            <bdi>{text('doneAs', view.account)}</bdi>
          </p>
        )}
        {view.paragraphs.map((paragraph) => (
          <p key={paragraph.key}>{tell(paragraph)}</p>
        ))}
        {view.details !== '' && (
          <blockquote>
            <bdi>{view.details}</bdi>
          </blockquote>
        )}
      </div>
      {view.command !== null && <CommandLine command={view.command} />}
      {view.kind === 'loading' || view.kind === 'completing' ? (
        <Waiting />
      ) : (
        <Actions view={view} background={background} />
      )}
    </section>
  );
}

function Waiting() {
  return (
    <div class="waiting" aria-hidden="true">
      <span />
      <span />
    </div>
  );
}

function Actions({ view, background }: { readonly view: DoneView; readonly background: Background }) {
  const step = useLoginStep(view.provider ?? 'anthropic');
  if (view.actions.length === 0) return null;
  return (
    <>
      <LoginProblem trouble={step.trouble} />
      <div class="row">
        {view.actions.map((action, index) => (
          <ActionButton
            key={action.label.key}
            action={action}
            isQuiet={index > 0}
            onOpen={(id) => void step.run(() => background.ask('open-login', { id }))}
          />
        ))}
      </div>
    </>
  );
}

interface ActionButtonProps {
  readonly action: DoneAction;
  readonly isQuiet: boolean;
  readonly onOpen: (loginId: string) => void;
}

function ActionButton({ action, isQuiet, onOpen }: ActionButtonProps) {
  const tell = useTell();
  const look = isQuiet ? 'button quiet' : 'button';
  switch (action.does) {
    case 'go':
      return (
        <a class={look} href={action.url}>
          {tell(action.label)}
        </a>
      );
    case 'open-login':
      return (
        <button type="button" class={look} data-testid="login-open" onClick={() => onOpen(action.id)}>
          {tell(action.label)}
        </button>
      );
    case 'close':
      return (
        <button type="button" class={look} data-testid="close-tab" onClick={() => void closeThisTab()}>
          {tell(action.label)}
        </button>
      );
  }
}

/** `window.close` is only for windows that a script opened. */
async function closeThisTab(): Promise<void> {
  const { id } = await browser.tabs.getCurrent();
  if (id !== undefined) await browser.tabs.remove(id);
}
