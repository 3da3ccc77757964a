/** What a person reads before the login of another program is used here. */
import type { LoginProviderId } from '../../shared/credential.ts';
import { loginDisclosure } from '../../shared/login-disclosure.ts';
import { paint, wrap } from './print.ts';

/** `told`, and what the provider's terms say and may lead to. */
export function disclosureLines(
  title: string,
  told: readonly string[],
  provider: LoginProviderId = 'anthropic',
): readonly string[] {
  const { paragraphs, link } = loginDisclosure(provider);
  const [, terms = '', , refusal = ''] = paragraphs;
  const all = [...told, terms, refusal, `${link.text}: ${link.url}`];
  return [paint.strong(title), ...all.map((text) => `\n${wrap(text, 0).join('\n')}`), ''];
}
