import type { ComponentChildren } from 'preact';
import { text } from '../../../text.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { message } from '../../../ui/message.ts';
import { useTell } from '../../../ui/words.tsx';
import { providerLabel } from '../../../ui/provider-label.ts';
import { type Auth, authsQuestion, isApiKey } from '../data/auths.ts';
import { useQuestion } from '../data/use-question.ts';
import { AuthActions } from './auth-actions.tsx';
import { sourceWords, statusOf } from './auth-view.ts';
import { AUTHS_EVERY_MS } from './every.ts';
import { LimitBar } from './limit-bar.tsx';

/** One card for each API key: how it stands, what the person allows it, and what can be done with it. */
export function KeyCards({ isBrief = false }: { readonly isBrief?: boolean }) {
  const { data } = useQuestion(authsQuestion, AUTHS_EVERY_MS);
  return (
    <>
      {(data ?? []).filter(isApiKey).map((auth) => (
        <KeyCard key={auth.id} auth={auth}>
          {!isBrief && <AuthActions auth={auth} mayRemove />}
        </KeyCard>
      ))}
    </>
  );
}

function KeyCard({ auth, children }: { readonly auth: Auth; readonly children: ComponentChildren }) {
  const tell = useTell();
  const { word, tone } = statusOf(auth);
  const name = cleanLabel(auth.name, 120) || cleanLabel(auth.id, 40);
  const ending =
    auth.ending === null
      ? ''
      : `…${cleanLabel(auth.ending, 40)
          .replace(/^[.…]+/, '')
          .slice(-4)}`;
  return (
    <section class="account" aria-label={text('accountNamed', name)}>
      <div class="tile-head">
        <bdi class="name" title={name}>
          {name}
        </bdi>
        <span class={`status ${tone}`}>{tell(word)}</span>
      </div>
      <bdi class="subtitle">
        {[text('keyOf', providerLabel(auth.provider)), ending].filter((part) => part !== '').join(' · ')}
      </bdi>
      <LimitBar auth={auth} />
      {auth.reason !== null && auth.status !== 'off' && <p>{cleanLabel(auth.reason, 300)}</p>}
      <p class="facts">
        <span>{tell(sourceWords(auth.source))}</span>
        {auth.lastUsedAtMs !== null && <span>{tell(message('authLastUsed', { agoFromMs: auth.lastUsedAtMs }))}</span>}
      </p>
      {children}
    </section>
  );
}
