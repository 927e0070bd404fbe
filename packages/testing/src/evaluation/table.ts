import type { Evaluation } from './evaluation.ts';
import { computeMean as average } from './scorer.ts';

/** Formats the evaluation as a table with one row per case, and the reasons for lost points below. */
export function evaluationTable({ name, cases, scorers, mean }: Evaluation): string {
  const head = ['case', ...scorers.map((scorer) => scorer.name), 'mean', 'tokens'];
  const rows = cases.map(({ name: each, attempts, mean: own }) => [
    each,
    ...scorers.map((scorer) => formatPercent(average(attempts.map(({ scores }) => scores[scorer.name]?.score ?? 0)))),
    formatPercent(own),
    String(Math.round(average(attempts.map(({ tokens }) => tokens)))),
  ]);
  const foot = ['all', ...scorers.map((scorer) => formatPercent(scorer.mean)), formatPercent(mean), ''];
  const all = [head, ...rows, foot];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const alignCell = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const lines = all.map((row) => row.map(alignCell).join('  ').trimEnd());
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  lines.splice(1, 0, rule);
  lines.splice(-1, 0, rule);
  return [name, '', ...lines, ...listReasons(cases)].join('\n');
}

function listReasons(cases: Evaluation['cases']): readonly string[] {
  const missing = cases.flatMap(({ name, attempts }) =>
    attempts.flatMap(({ scores }, index) =>
      Object.entries(scores).flatMap(([scorer, { score, why }]) =>
        score === 1 || why === undefined
          ? []
          : [`${name}, attempt ${index + 1}, ${scorer}: ${why.replaceAll(/\s+/g, ' ')}`],
      ),
    ),
  );
  return missing.length === 0 ? [] : ['', ...missing];
}

function formatPercent(value: number): string {
  return `${Math.round(value * 100)} %`;
}
