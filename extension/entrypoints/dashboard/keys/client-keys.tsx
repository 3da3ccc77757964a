import { useState } from 'preact/hooks';
import type { CompanionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { Panel } from '../../../ui/panel.tsx';
import { clientKeysQuestion, type NewClientKey } from '../data/client-keys.ts';
import { useDesk, useQuestion } from '../data/use-question.ts';
import { AnswerOf } from '../parts/answer-of.tsx';
import { Freshness } from '../parts/freshness.tsx';
import { CreateKey } from './create-key.tsx';
import { KeyTable } from './key-table.tsx';
import { ShownKey } from './shown-key.tsx';

const KEYS_EVERY_MS = 15_000;

/** A key for each program: what it may do, what it did, and how it is taken back. */
export function ClientKeys({ companion }: { readonly companion: CompanionStatus }) {
  const { isLive } = useDesk();
  const answered = useQuestion(clientKeysQuestion, KEYS_EVERY_MS);
  const [made, setMade] = useState<NewClientKey | null>(null);
  return (
    <>
      {made !== null && <ShownKey made={made} url={companion.url} onDone={() => setMade(null)} />}
      <Panel id="client-keys" title={text('clientKeysSection')}>
        <p>{text('clientKeysLead')}</p>
        <Freshness answered={answered} />
        <AnswerOf answered={answered} heightPx={120}>
          {(keys) => (keys.length === 0 ? <p>{text('clientKeysEmpty')}</p> : <KeyTable keys={keys} />)}
        </AnswerOf>
      </Panel>
      {isLive && made === null && <CreateKey onMade={setMade} />}
    </>
  );
}
