/** What a person reads before the Claude login of another program is used here. */
import { loginDisclosure } from '../../shared/login-disclosure.ts';
import { paint, wrap } from './print.ts';

/** `told`, and what the provider's terms say and may lead to. */
export function disclosureLines(title: string, told: readonly string[]): readonly string[] {
  const { paragraphs, link } = loginDisclosure('anthropic');
  const [, terms = '', , refusal = ''] = paragraphs;
  const all = [...told, terms, refusal, `${link.text}: ${link.url}`];
  return [paint.strong(title), ...all.map((text) => `\n${wrap(text, 0).join('\n')}`), ''];
}
