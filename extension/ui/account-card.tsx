import type { ComponentChildren } from 'preact';
import { text } from '../text.ts';
import type { AccountView } from './account-view.ts';
import { QuotaBars } from './quota-bars.tsx';
import { useTell } from './words.tsx';

/** Who it is, what is left, and since when we know. `children` stand at the foot of the card. */
export function AccountCard({
  account,
  children,
}: {
  readonly account: AccountView;
  readonly children?: ComponentChildren;
}) {
  return (
    <section class="account" aria-label={text('accountNamed', account.name)}>
      <div class="who">
        <div class="avatar" aria-hidden="true">
          {account.initial}
        </div>
        <div class="who-names">
          <bdi class="name" title={account.name}>
            {account.name}
          </bdi>
          {account.subtitles.map((subtitle) => (
            <bdi class="subtitle" key={subtitle} title={subtitle}>
              {subtitle}
            </bdi>
          ))}
        </div>
        {account.plan !== null && (
          <bdi class="plan" title={account.plan}>
            {account.plan}
          </bdi>
        )}
      </div>
      {account.quotas.length > 0 && <QuotaBars quotas={account.quotas} withSource={account.quotaSource === null} />}
      {account.quotas.length === 0 && !account.isOver && <p>{text('accountNoQuota')}</p>}
      <Facts account={account} />
      {children}
    </section>
  );
}

function Facts({ account }: { readonly account: AccountView }) {
  const tell = useTell();
  const lines = [
    ...(account.quotaSource === null ? [] : [tell(account.quotaSource)]),
    ...(account.facts.length === 0 ? [] : [account.facts.map(tell).join(' · ')]),
  ];
  if (lines.length === 0) return null;
  return (
    <p class="facts">
      {lines.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </p>
  );
}
