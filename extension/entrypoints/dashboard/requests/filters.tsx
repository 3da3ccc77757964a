import { useEffect, useState } from 'preact/hooks';
import { text } from '../../../text.ts';
import { clientName } from '../../../ui/client-name.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { useTell } from '../../../ui/words.tsx';
import { type Filter, type FilterName, noFilter } from '../data/exchanges.ts';
import { requestsHash } from '../data/route.ts';
import { OTHERS_KEY, type UsageKey, usageQuestion } from '../data/usage.ts';
import { useQuestion } from '../data/use-question.ts';

const CHOICES_EVERY_MS = 60_000;
const SETTLED_AFTER_MS = 250;

/** Each filter has its place in the address, so that a view can be kept and shared. */
function go(filter: Filter): void {
  location.replace(requestsHash(filter));
}

export function Filters({ filter }: { readonly filter: Filter }) {
  const isFiltered = Object.values(filter).some((value) => value !== '');
  return (
    <form class="filters" role="search" aria-label={text('filtersLabel')} onSubmit={(event) => event.preventDefault()}>
      <GroupFilter filter={filter} name="model" by="model" label={text('filterModel')} />
      <GroupFilter filter={filter} name="client" by="client" label={text('filterClient')} />
      <GroupFilter filter={filter} name="credential" by="credential" label={text('filterAccount')} />
      <OutcomeFilter filter={filter} />
      <SearchFilter filter={filter} />
      {isFiltered && (
        <button type="button" class="plain" data-testid="clear-filters" onClick={() => go(noFilter)}>
          {text('actionClearFilters')}
        </button>
      )}
    </form>
  );
}

interface GroupFilterProps {
  readonly filter: Filter;
  readonly name: FilterName;
  readonly by: UsageKey;
  readonly label: string;
}

function GroupFilter({ filter, name, by, label }: GroupFilterProps) {
  const tell = useTell();
  const { data } = useQuestion(usageQuestion(by, 'all'), CHOICES_EVERY_MS);
  const groups = (data?.groups ?? []).filter(({ key }) => key !== '' && key !== OTHERS_KEY);
  const chosen = filter[name];
  const isListed = groups.some(({ key }) => key === chosen);
  const nameOf = (told: string) => cleanLabel(by === 'client' ? tell(clientName(told)) : told, 60);
  return (
    <label class="filter">
      <span>{label}</span>
      <select value={chosen} onChange={(event) => go({ ...filter, [name]: event.currentTarget.value })}>
        <option value="">{text('filterAll')}</option>
        {chosen !== '' && !isListed && <option value={chosen}>{nameOf(chosen)}</option>}
        {groups.map((group) => (
          <option key={group.key} value={group.key}>
            {nameOf(group.name)}
          </option>
        ))}
      </select>
    </label>
  );
}

function OutcomeFilter({ filter }: { readonly filter: Filter }) {
  return (
    <label class="filter">
      <span>{text('filterOutcome')}</span>
      <select
        data-testid="filter-outcome"
        value={filter.outcome}
        onChange={(event) => go({ ...filter, outcome: event.currentTarget.value })}
      >
        <option value="">{text('filterAll')}</option>
        <option value="ok">{text('outcomeOk')}</option>
        <option value="failed">{text('outcomeFailed')}</option>
        {filter.outcome !== '' && filter.outcome !== 'ok' && filter.outcome !== 'failed' && (
          <option value={filter.outcome}>{cleanLabel(filter.outcome, 60)}</option>
        )}
      </select>
    </label>
  );
}

/** Takes effect once the person has stopped typing. */
function SearchFilter({ filter }: { readonly filter: Filter }) {
  const [typed, setTyped] = useState(filter.search);
  useEffect(() => setTyped(filter.search), [filter.search]);
  useEffect(() => {
    if (typed.trim() === filter.search) return undefined;
    const timer = setTimeout(() => go({ ...filter, search: typed.trim() }), SETTLED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label class="filter wide">
      <span>{text('filterSearch')}</span>
      <input
        type="search"
        data-testid="filter-search"
        value={typed}
        maxLength={200}
        placeholder={text('filterSearchHint')}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
    </label>
  );
}
