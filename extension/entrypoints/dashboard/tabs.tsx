import { useRef } from 'preact/hooks';
import { text, type TextKey } from '../../text.ts';
import { type Section, sections } from './data/route.ts';

const words: Readonly<Record<Section, TextKey>> = {
  overview: 'tabOverview',
  requests: 'tabRequests',
  accounts: 'tabAccounts',
  keys: 'tabKeys',
  settings: 'tabSettings',
};

/** The sections of the dashboard. One of them is a stop of the Tab key, the arrow keys go on from there. */
export function Tabs({ current }: { readonly current: Section }) {
  const nav = useRef<HTMLElement>(null);

  function walk(event: KeyboardEvent): void {
    const links = [...(nav.current?.querySelectorAll('a') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    const next = nextIndex(event.key, at, links.length);
    if (at === -1 || next === null) return;
    event.preventDefault();
    links[next]?.focus();
  }

  return (
    <nav ref={nav} class="tabs" aria-label={text('tabsLabel')} onKeyDown={walk}>
      {sections.map((section) => (
        <a
          key={section}
          href={`#${section}`}
          data-testid={`tab-${section}`}
          aria-current={section === current ? 'page' : undefined}
          tabIndex={section === current ? 0 : -1}
        >
          {text(words[section])}
        </a>
      ))}
    </nav>
  );
}

export function sectionWord(section: Section): string {
  return text(words[section]);
}

function nextIndex(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return (at - 1 + count) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
