import { useEffect, useRef } from 'preact/hooks';
import { text } from '../../../text.ts';
import type { Filter } from '../data/exchanges.ts';
import { exchangeQuestion } from '../data/exchanges.ts';
import { requestsHash } from '../data/route.ts';
import { useQuestion } from '../data/use-question.ts';
import { AnswerOf } from '../parts/answer-of.tsx';
import { Explanation } from './explanation.tsx';

/** A row of the ledger does not change any more. */
const LOOK_EVERY_MS = 600_000;

/** The explanation of one request, beside the list that it was opened from. */
export function ExchangeDialog({ id, filter }: { readonly id: string; readonly filter: Filter }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const answered = useQuestion(exchangeQuestion(id), LOOK_EVERY_MS);
  const leave = (): void => location.replace(requestsHash(filter));
  useEffect(() => {
    const { current } = dialog;
    const opener = document.activeElement;
    if (current !== null && !current.open) current.showModal();
    return () => {
      current?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="drawer"
      aria-labelledby="exchange-title"
      onCancel={(event) => {
        event.preventDefault();
        leave();
      }}
      onClick={(event) => event.target === event.currentTarget && leave()}
    >
      <div class="drawer-body">
        <div class="section-head">
          <h2 id="exchange-title">{text('exchangeTitle')}</h2>
          <button type="button" class="plain" data-testid="close-exchange" onClick={leave}>
            {text('actionClose')}
          </button>
        </div>
        <AnswerOf answered={answered} heightPx={200}>
          {(exchange) => <Explanation exchange={exchange} />}
        </AnswerOf>
      </div>
    </dialog>
  );
}
