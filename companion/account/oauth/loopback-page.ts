/** The page that a login by listener ends on. Plain text in, no script, and nothing secret. */
import { createHash } from 'node:crypto';

export interface LoopbackPage {
  readonly status: number;
  readonly isGood: boolean;
  readonly title: string;
  readonly paragraphs: readonly string[];
}

const styles = `:root { color-scheme: light dark; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  background: light-dark(#f5f6f7, #14171a); color: light-dark(#15191d, #eceff2); }
main { max-width: 36rem; margin: 16vh auto; padding: 2rem; border-radius: 10px; overflow-wrap: anywhere;
  background: light-dark(#fff, #1b1f24); border: 1px solid light-dark(#e3e6e9, #2b3138);
  border-top: 4px solid light-dark(#0b6e66, #3fc7b8); }
main.bad { border-top-color: light-dark(#b3261e, #f2b8b5); }
h1 { font-size: 1.5rem; margin: 0 0 1rem; } p { margin: .5rem 0 0; white-space: pre-line; }`;

const styleHash = createHash('sha256').update(styles).digest('base64');

export const loopbackPageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  // The address of this page still holds the answer of the provider.
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

export function renderLoopbackPage({ isGood, title, paragraphs }: LoopbackPage): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${styles}</style>
<main class="${isGood ? 'good' : 'bad'}">
<h1>${escapeHtml(title)}</h1>
${paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')}
</main>
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
