import type { Activity } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { clientName } from '../../../ui/client-name.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { message } from '../../../ui/message.ts';
import { Panel } from '../../../ui/panel.tsx';
import { useStep } from '../../../ui/use-step.ts';
import { useTell } from '../../../ui/words.tsx';
import { useDesk } from '../data/use-question.ts';

/** Requests that are being answered in this moment. */
export function RunningNow({ activity }: { readonly activity: readonly Activity[] }) {
  return (
    <Panel id="now" title={text('nowSection')}>
      {activity.length === 0 ? <p>{text('nowEmpty')}</p> : <ActivityTable activity={activity} />}
    </Panel>
  );
}

function ActivityTable({ activity }: { readonly activity: readonly Activity[] }) {
  return (
    <div class="table-frame">
      <table>
        <thead>
          <tr>
            <th scope="col">{text('nowClient')}</th>
            <th scope="col">{text('nowModel')}</th>
            <th scope="col">{text('nowTransport')}</th>
            <th scope="col">{text('nowStarted')}</th>
            <th scope="col">
              <span class="unseen">{text('rowActions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {activity.map((each) => (
            <ActivityRow key={each.exchangeId} activity={each} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ActivityRow({ activity }: { readonly activity: Activity }) {
  const tell = useTell();
  return (
    <tr>
      <td>
        <bdi class="clamped">{tell(clientName(activity.client))}</bdi>
      </td>
      <td>
        <bdi class="clamped">{cleanLabel(activity.model, 80)}</bdi>
      </td>
      <td>{text(activity.transport === 'browser' ? 'nowBrowser' : 'nowDirect')}</td>
      <td>{tell(message('ageOnly', { agoFromMs: activity.startedAtMs }))}</td>
      <td class="row-actions">
        <StopButton activity={activity} />
      </td>
    </tr>
  );
}

function StopButton({ activity }: { readonly activity: Activity }) {
  const tell = useTell();
  const { background, isLive } = useDesk();
  const step = useStep();
  if (!isLive) return null;
  return (
    <button
      type="button"
      class="plain"
      aria-label={text('actionStopClient', tell(clientName(activity.client)))}
      aria-disabled={step.isRunning}
      onClick={() => step.run(() => background.ask('stop-job', { id: activity.exchangeId }))}
    >
      {text('actionStop')}
    </button>
  );
}
