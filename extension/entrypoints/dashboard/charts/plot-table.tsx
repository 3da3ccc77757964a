import { text } from '../../../text.ts';
import { useState } from 'preact/hooks';

export interface PlotTableProps {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly values: readonly string[]; readonly isEmpty: boolean }[];
}

/** The same figures as a table, for whoever reads rather than looks. */
export function PlotTable({ caption, columns, rows }: PlotTableProps) {
  const [isOpen, setOpen] = useState(false);
  const filled = rows.filter((row) => !row.isEmpty);
  return (
    <details class="plot-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{text('plotAsTable')}</summary>
      {isOpen && (
        <div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
          <table>
            <caption class="unseen">{caption}</caption>
            <thead>
              <tr>
                <th scope="col">{text('plotTime')}</th>
                {columns.map((column) => (
                  <th scope="col" key={column}>
                    <bdi>{column}</bdi>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {filled.map((row) => (
                <tr key={row.name}>
                  <th scope="row">{row.name}</th>
                  {row.values.map((value, index) => (
                    <td key={columns[index]}>{value}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
