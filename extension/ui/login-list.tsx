import { text } from '../text.ts';
import type { LoginView } from './login-view.ts';
import { useTell } from './words.tsx';

/** Each login in one line: what it is, whose, and a word if something is the matter. */
export function LoginList({ logins }: { readonly logins: readonly LoginView[] }) {
  const tell = useTell();
  if (logins.length === 0) return null;
  return (
    <ul class="logins" aria-label={text('loginsTitle')}>
      {logins.map((login) => (
        <li key={login.id}>
          <span class={`status ${login.tone}`}>
            <strong>{tell(login.title)}</strong>
          </span>
          <bdi class="login-name" title={login.name}>
            {login.name}
          </bdi>
          <span class="login-state">
            {login.tone === 'ok' && login.plan !== null ? <bdi>{login.plan}</bdi> : text(login.word)}
          </span>
        </li>
      ))}
    </ul>
  );
}
