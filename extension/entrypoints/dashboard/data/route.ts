/** Where on the dashboard one is, as its address says: `#requests/exc_1?model=x`. Pure. */
import { loginProviders, signInHash } from '../../../ui/login-view.ts';
import { DEFAULT_PERIOD, isPeriod, type Period } from './period.ts';
import { type Filter, filterNames, noFilter } from './exchanges.ts';

export const sections = ['overview', 'requests', 'accounts', 'keys', 'settings'] as const;
export type Section = (typeof sections)[number];

export interface Place {
  readonly section: Section;
  /** Of the overview. */
  readonly period: Period;
  /** The request that is open. */
  readonly exchange: string | null;
  /** Of the requests. */
  readonly filter: Filter;
}

/** Anything that is no place of ours leads to the overview. */
export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const [name = '', detail = ''] = path.split('/', 2);
  const nowhere = { period: DEFAULT_PERIOD, exchange: null, filter: noFilter };
  if (loginProviders.some((provider) => hash === signInHash(provider))) return { ...nowhere, section: 'accounts' };
  const section = sections.find((one) => one === name) ?? 'overview';
  if (section === 'overview') return { ...nowhere, section, period: isPeriod(detail) ? detail : DEFAULT_PERIOD };
  if (section !== 'requests') return { ...nowhere, section };
  return { ...nowhere, section, exchange: detail === '' ? null : decode(detail), filter: filterOf(query) };
}

export function overviewHash(period: Period): string {
  return period === DEFAULT_PERIOD ? '#overview' : `#overview/${period}`;
}

export function requestsHash(filter: Filter, exchange: string | null = null): string {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
  const path = exchange === null ? '#requests' : `#requests/${encodeURIComponent(exchange)}`;
  return query.size === 0 ? path : `${path}?${query}`;
}

function filterOf(query: string): Filter {
  const parameters = new URLSearchParams(query);
  const entries = filterNames.map((name) => [name, (parameters.get(name) ?? '').slice(0, 300)]);
  return Object.fromEntries(entries) as unknown as Filter;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
