import { text } from '../../../text.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { authsQuestion, isApiKey, type Auth } from '../data/auths.ts';
import { useQuestion } from '../data/use-question.ts';
import { AUTHS_EVERY_MS } from './every.ts';
import { LimitBar } from './limit-bar.tsx';
import { providerLabel, statusOf } from './auth-view.ts';
import { useTell } from '../../../ui/words.tsx';

/** One card for each API key, with what the person allows it. */
export function KeyCards() {
  const { data } = useQuestion(authsQuestion, AUTHS_EVERY_MS);
  return (
    <>
      {(data ?? []).filter(isApiKey).map((auth) => (
        <KeyCard key={auth.id} auth={auth} />
      ))}
    </>
  );
}

function KeyCard({ auth }: { readonly auth: Auth }) {
  const tell = useTell();
  const { word, tone } = statusOf(auth);
  const name = cleanLabel(auth.name, 120) || cleanLabel(auth.id, 40);
  return (
    <section class="account" aria-label={text('accountNamed', name)}>
      <div class="who">
        <div class="who-names">
          <bdi class="name" title={name}>
            {name}
          </bdi>
          <bdi class="subtitle">{text('keyOf', providerLabel(auth.provider))}</bdi>
        </div>
        <span class={`status ${tone}`}>{tell(word)}</span>
      </div>
      <LimitBar auth={auth} />
      {auth.reason !== null && <p>{cleanLabel(auth.reason, 300)}</p>}
    </section>
  );
}
