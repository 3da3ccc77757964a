import type { ComponentChildren } from 'preact';
import { text } from '../../../text.ts';
import type { AccountView } from '../../../ui/account-view.ts';
import type { Message } from '../../../ui/message.ts';
import { QuotaBars } from '../../../ui/quota-bars.tsx';
import type { Tone } from '../../../ui/view/panel.ts';
import { useTell } from '../../../ui/words.tsx';

export interface AccountTileProps {
  readonly account: AccountView;
  readonly word: string;
  readonly tone: Tone;
  /** What kind of account it is. */
  readonly kind: Message | string;
  /** What stands in the way, in one line. */
  readonly trouble: string | null;
  readonly children?: ComponentChildren;
}

/** An account at a glance: who, how it stands, and what of it is used. */
export function AccountTile({ account, word, tone, kind, trouble, children }: AccountTileProps) {
  const tell = useTell();
  const kinds = [...(account.plan === null ? [] : [account.plan]), tell(kind)].join(' · ');
  return (
    <section class="account" aria-label={text('accountNamed', account.name)}>
      <div class="tile-head">
        <bdi class="name" title={account.name}>
          {account.name}
        </bdi>
        <span class={`status ${tone}`}>{word}</span>
      </div>
      {account.subtitles[0] !== undefined && (
        <bdi class="subtitle" title={account.subtitles[0]}>
          {account.subtitles[0]}
        </bdi>
      )}
      <bdi class="subtitle" title={kinds}>
        {kinds}
      </bdi>
      {trouble !== null && <p class="tile-trouble">{trouble}</p>}
      {account.quotas.length > 0 && <QuotaBars quotas={account.quotas} withSource={account.quotaSource === null} />}
      {account.quotas.length === 0 && !account.isOver && <p>{text('accountNoQuota')}</p>}
      {account.quotaSource !== null && <p class="quota-source">{tell(account.quotaSource)}</p>}
      {children}
    </section>
  );
}
