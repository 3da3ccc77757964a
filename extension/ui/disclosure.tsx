import { useId } from 'preact/hooks';
import type { LoginProviderId } from '../../shared/credential.ts';
import { loginDisclosure } from '../../shared/login-disclosure.ts';

/** What a person reads before a login, in the words that the terminal has, too. Scrolls by itself where room is short. */
export function Disclosure({ provider }: { readonly provider: LoginProviderId }) {
  const id = useId();
  const { title, paragraphs, link } = loginDisclosure(provider);
  return (
    <div class="disclosure" role="region" aria-labelledby={id} tabIndex={0} data-testid="disclosure">
      <p id={id}>
        <strong>{title}</strong>
      </p>
      {paragraphs.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      <p>
        <a href={link.url} target="_blank" rel="noreferrer">
          {link.text}
        </a>
      </p>
    </div>
  );
}
