import { useEffect, useState } from 'preact/hooks';
import { text } from '../../text.ts';
import { Panel } from '../../ui/panel.tsx';
import { askForNotices, mayShowNotices, removeNotices } from '../../ui/steps.ts';
import { useStep } from '../../ui/use-step.ts';

/** Whether the browser lets this extension show notifications, and the way to change it. */
export function NoticeSection() {
  const step = useStep();
  const [isAllowed, setAllowed] = useState(false);
  const look = async () => setAllowed(await mayShowNotices());

  useEffect(() => {
    look().catch(() => setAllowed(false));
  }, []);

  // The question to the browser comes first: after anything else it would not count as this click's.
  const change = () => (isAllowed ? removeNotices() : askForNotices()).then(look);
  return (
    <Panel id="notifications" title={text('noticesSection')}>
      <p>
        <span class={isAllowed ? 'status ok' : 'status'}>{text(isAllowed ? 'noticesAllowed' : 'noticesOff')}</span>
      </p>
      <p>{text('noticesHint')}</p>
      {step.problem !== null && (
        <p class="problem" role="alert">
          {step.problem}
        </p>
      )}
      <button type="button" class="button quiet" data-testid="notice-permission" onClick={() => step.run(change)}>
        {text(isAllowed ? 'noticesForbid' : 'noticesAllow')}
      </button>
    </Panel>
  );
}
