import type { Output } from './output.ts';
import { stripControls } from './strip-controls.ts';
import { countColumns, fillToColumns, shortenToColumns } from './width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly read: (row: Row) => string;
}

export interface Table<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** `false` for rows below others. @defaultValue true */
  readonly hasTitles?: boolean;
}

/** Writes rows to stdout: aligned on a terminal, below their titles; otherwise separated by tabs, without titles. */
export async function writeTable<Row>(output: Output, { rows, columns, hasTitles = true }: Table<Row>): Promise<void> {
  const cells = rows.map((row) => columns.map(({ read }) => stripControls(read(row)).replaceAll(/[\t\n]+/g, ' ')));
  if (!output.isTerminal) {
    for (const line of cells) await output.write(`${line.join('\t')}\n`);
    return;
  }
  if (rows.length === 0) return;
  const titles = columns.map(({ title }) => title);
  const widths = titles.map((title, index) =>
    Math.max(countColumns(title), ...cells.map((line) => countColumns(line[index] ?? ''))),
  );
  const format = (line: readonly string[]): string =>
    shortenToColumns(
      line
        .map((cell, index) => fillToColumns(cell, widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
      output.columns,
    );
  if (hasTitles) await output.write(`${output.applyStyle('bold', format(titles))}\n`);
  for (const line of cells) await output.write(`${format(line)}\n`);
}
