import type { CompanionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { Panel } from '../../../ui/panel.tsx';
import { lastsMessage } from '../../../ui/time.ts';
import { useTell } from '../../../ui/words.tsx';

export function CompanionFacts({ companion, nowMs }: { readonly companion: CompanionStatus; readonly nowMs: number }) {
  const tell = useTell();
  const { vault } = companion;
  return (
    <Panel id="companion" title={text('companionSection')}>
      <dl class="facts-list">
        <dt>{text('companionAddress')}</dt>
        <dd>
          <code>{cleanLabel(companion.url)}</code>
        </dd>
        <dt>{text('companionVersion')}</dt>
        <dd>{cleanLabel(companion.version, 40)}</dd>
        <dt>{text('companionUp')}</dt>
        <dd>{tell(lastsMessage(nowMs - companion.startedAtMs))}</dd>
        <dt>{text('companionVault')}</dt>
        <dd>
          <bdi>{cleanLabel(vault.location, 120)}</bdi>
          {vault.note !== null && (
            <small>
              <br />
              <bdi>{cleanLabel(vault.note)}</bdi>
            </small>
          )}
        </dd>
        <dt>{text('companionKey')}</dt>
        <dd>{text(companion.isAuthRequired ? 'yes' : 'no')}</dd>
      </dl>
    </Panel>
  );
}
