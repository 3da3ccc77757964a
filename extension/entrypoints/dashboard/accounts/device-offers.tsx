import type { CompanionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { openOwnPage } from '../../../ui/open-page.ts';
import { providerName } from '../../../ui/login-view.ts';
import { message } from '../../../ui/message.ts';
import { useStep } from '../../../ui/use-step.ts';
import { useTell } from '../../../ui/words.tsx';
import { fieldsOf, textOf } from '../data/read.ts';
import { useChange } from '../data/use-change.ts';
import { ProblemNote } from '../parts/answer-of.tsx';

const deviceProviders = ['copilot', 'kiro'] as const;

/** Logins by a code: the companion's own page shows it, and follows what becomes of it. */
export function DeviceOffers({ companion }: { readonly companion: CompanionStatus }) {
  const tell = useTell();
  const change = useChange(null);
  const step = useStep();

  async function begin(provider: (typeof deviceProviders)[number]): Promise<void> {
    const answer = await change.run('POST', '/v0/management/logins/device', { provider });
    if (answer?.ok !== true) return;
    step.run(() => openOwnPage(textOf(fieldsOf(answer.body)['url']), companion.url));
  }

  return (
    <>
      {deviceProviders.map((provider) => (
        <button
          key={provider}
          type="button"
          class="button quiet"
          data-testid={`login-${provider}`}
          aria-disabled={change.isRunning}
          onClick={() => void begin(provider)}
        >
          {tell(message('actionSignInTo', providerName(provider)))}
        </button>
      ))}
      {change.problem !== null && <ProblemNote problem={change.problem} />}
      {step.problem !== null && (
        <p class="problem" role="alert">
          {step.problem}
        </p>
      )}
      {change.isRunning && (
        <span class="unseen" role="status">
          {text('statusLoading')}
        </span>
      )}
    </>
  );
}
