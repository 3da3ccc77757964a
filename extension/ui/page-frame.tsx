import type { ComponentChildren } from 'preact';
import { useContext } from 'preact/hooks';
import { text } from '../text.ts';
import type { Background } from './background.ts';
import { StatusLine } from './status-line.tsx';
import { popupView } from './view/popup-view.ts';
import { NowContext } from './words.tsx';

export interface PageFrameProps {
  readonly background: Background;
  readonly page: 'options' | 'dashboard' | 'login';
  /** The page's own sections, in place of the way between pages, which then stands at the end of the line. */
  readonly tabs?: ComponentChildren;
  /** More for the line of live state. */
  readonly line?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** What settings and dashboard share: the name, the way from one to the other, and the line of live state. */
export function PageFrame({ background, page, tabs, line, children }: PageFrameProps) {
  const now = useContext(NowContext);
  const view = popupView(background.state.value, now.value);
  return (
    <div class={page === 'dashboard' ? 'page wide' : 'page'}>
      <header class="page-top">
        <h1 class="brand">
          <img src="/icon/48.png" alt="" width={24} height={24} />
          {text('productName')}
        </h1>
        {tabs ?? (
          <nav>
            <PageLink href="/dashboard.html" label={text('dashboardTitle')} isCurrent={page === 'dashboard'} />
            <PageLink href="/options.html" label={text('optionsTitle')} isCurrent={page === 'options'} />
          </nav>
        )}
        <div class="page-state">
          {line}
          <StatusLine line={view.line} state={view.kind} />
        </div>
      </header>
      {children}
    </div>
  );
}

interface PageLinkProps {
  readonly href: string;
  readonly label: string;
  readonly isCurrent: boolean;
}

function PageLink({ href, label, isCurrent }: PageLinkProps) {
  return (
    <a href={href} aria-current={isCurrent ? 'page' : undefined}>
      {label}
    </a>
  );
}
