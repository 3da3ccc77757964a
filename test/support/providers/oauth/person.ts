/** A person at a browser, for tests that have none: opens the page, clicks, and says where that led. */

export interface Clicked {
  /** Where the browser was sent; it was not followed. */
  readonly redirect: URL;
  /** What of the page a person would have read before. */
  readonly page: string;
}

/** Errors: with the page's own words when there is nothing to click on. */
export async function clickConsent(authorizeUrl: string, decision: 'allow' | 'deny' = 'allow'): Promise<Clicked> {
  const shown = await fetch(authorizeUrl, { redirect: 'manual' });
  const page = await shown.text();
  const ticket = /name="ticket" value="([^"]+)"/.exec(page)?.[1];
  if (ticket === undefined) throw new Error(`no consent page: ${shown.status} ${readError(page)}`);
  const answered = await fetch(new URL('/oauth/authorize', authorizeUrl), {
    method: 'POST',
    body: new URLSearchParams({ ticket, decision }),
    redirect: 'manual',
  });
  const left = await answered.text();
  const target = answered.headers.get('location') ?? /location\.replace\((".*?")\)/.exec(left)?.[1];
  if (target === undefined) throw new Error(`no way back: ${answered.status} ${readError(left)}`);
  return { redirect: new URL(target.startsWith('"') ? (JSON.parse(target) as string) : target), page };
}

/** The manual way: `code#state`, as the page at its end shows it. */
export async function copyCode(authorizeUrl: string): Promise<string> {
  const { redirect } = await clickConsent(authorizeUrl);
  return `${redirect.searchParams.get('code')}#${redirect.searchParams.get('state')}`;
}

function readError(page: string): string {
  return /data-testid="error">([^<]*)</.exec(page)?.[1] ?? page.slice(0, 200);
}
