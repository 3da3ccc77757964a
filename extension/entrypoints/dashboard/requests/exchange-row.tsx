import { text } from '../../../text.ts';
import { clientName } from '../../../ui/client-name.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { useFigures } from '../../../ui/use-figures.ts';
import { useTell } from '../../../ui/words.tsx';
import type { Exchange, Filter } from '../data/exchanges.ts';
import { requestsHash } from '../data/route.ts';
import { useClock } from './use-clock.ts';

export interface ExchangeRowProps {
  readonly exchange: Exchange;
  /** From 0 on, in the whole list. */
  readonly index: number;
  readonly filter: Filter;
}

export function ExchangeRow({ exchange, index, filter }: ExchangeRowProps) {
  const tell = useTell();
  const { duration } = useFigures();
  const clock = useClock();
  const client = tell(clientName(exchange.client));
  const model = cleanLabel(exchange.model ?? exchange.servedModel ?? '', 120) || '–';
  const servedBy = servedByOf(exchange);
  return (
    <tr aria-rowindex={index + 2}>
      <td>
        <a
          class="row-link"
          href={requestsHash(filter, exchange.id)}
          aria-label={text('rowOpen', clock(exchange.atMs), model)}
        >
          {clock(exchange.atMs)}
        </a>
      </td>
      <td title={client}>
        <bdi>{client}</bdi>
      </td>
      <td title={model}>
        <bdi>{model}</bdi>
      </td>
      <td title={servedBy}>
        <bdi>{servedBy}</bdi>
      </td>
      <td class="number">{useTokens()(exchange)}</td>
      <td class="number">{exchange.firstByteMs === null ? '–' : duration(exchange.firstByteMs)}</td>
      <td>
        <Outcome exchange={exchange} />
      </td>
    </tr>
  );
}

export function Outcome({ exchange }: { readonly exchange: Pick<Exchange, 'outcome' | 'status' | 'warnings'> }) {
  const isFine = exchange.outcome === 'ok';
  const isWarned = isFine && exchange.warnings.length > 0;
  const isStopped = exchange.outcome === 'CLIENT_GONE' || exchange.outcome === 'STOPPED_BY_USER';
  const tone = isFine ? (isWarned ? 'warn' : 'ok') : isStopped ? 'off' : 'bad';
  const status = exchange.status === 0 ? '' : String(exchange.status);
  const succeeded = status || text('outcomeOk');
  const fine = isWarned ? text('outcomeWarned', succeeded) : succeeded;
  const words = isFine ? fine : `${status} ${cleanLabel(exchange.outcome, 60)}`.trim();
  return (
    <span class={`status outcome-word ${tone}`} title={words}>
      <bdi>{words}</bdi>
    </span>
  );
}

function servedByOf({ credentialName, credential, provider }: Exchange): string {
  const name = cleanLabel(credentialName ?? credential ?? '', 80);
  return name || cleanLabel(provider ?? '', 40) || '–';
}

/** `18.2K → 412` */
function useTokens(): (exchange: Exchange) => string {
  const { count } = useFigures();
  return ({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }) => {
    if (inputTokens === null && outputTokens === null) return '–';
    const all = (inputTokens ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
    return text('tokensInOut', count(all), count(outputTokens ?? 0));
  };
}
