import { BASE, PAWL } from './contestants.ts';
import type { ComparisonResult } from './result.ts';
import { ROWS, type RowKey, type TableRow } from './rows.ts';
import { computeMedian, computeQuantile } from './statistics.ts';

const FLOORS = [BASE, 'node:http', 'undici'];

/** Formats the tables of a result, and its origin. */
export function formatComparison(result: ComparisonResult): string {
  return `${formatOrigin(result)}\n\n${formatGoalTable(result)}${hasPeers(result) ? `\n${formatPeerTable(result)}` : ''}`;
}

/** Formats when and where the result was measured, and the load of other processes. */
export function formatOrigin({ at, node, machine, rounds, others }: ComparisonResult): string {
  return `${at}, Node ${node}, ${machine}; medians of ${rounds} rounds; other processes used ${(others * 100).toFixed(0)} % of the machine meanwhile.`;
}

/** Formats Pawl and the loops written by hand. Brackets contain the middle half of the rounds. */
function formatGoalTable(result: ComparisonResult): string {
  const peerHead = hasPeers(result) ? ' best peer |' : '';
  const head = `| work | goal | Pawl | Pawl / fetch | node:http / fetch | undici / fetch |${peerHead}\n`;
  const line = `|---|--:|--:|--:|--:|--:|${hasPeers(result) ? '--:|' : ''}\n`;
  const rows = rowKeys.map((key) => {
    const row: TableRow = ROWS[key];
    const { low, high, middle } = computeSpread(computeRatios(result, { key, name: PAWL }));
    const value = Number.isNaN(middle)
      ? ''
      : `${formatFigure(middle)}${low === high ? '' : ` (${formatFigure(low)}–${formatFigure(high)})`}`;
    const cells = [
      row.title,
      `≤ ${row.goal}${row.isAbsolute ? ` ${row.unit}` : ''}`,
      formatAmount(result, { key, name: PAWL }),
      value,
      ...['node:http', 'undici'].map((name) => formatOptional(computeMedian(computeRatios(result, { key, name })))),
      ...(hasPeers(result) ? [formatBestPeer(findBestPeer(result, key))] : []),
    ];
    return `| ${cells.join(' | ')} |\n`;
  });
  return head + line + rows.join('');
}

interface RatioKey {
  readonly key: RowKey;
  readonly name: string;
}

export const rowKeys = Object.keys(ROWS) as readonly RowKey[]; // They are the keys above.

/** Computes ratios to the loop over `fetch` in the same round. Empty if one of the two was not measured. */
export function computeRatios({ measured }: ComparisonResult, { key, name }: RatioKey): readonly number[] {
  const base = measured[key]?.[BASE] ?? [];
  const row: TableRow = ROWS[key];
  if (row.isAbsolute) return [];
  return (measured[key]?.[name] ?? []).flatMap((value, round) => {
    const ratio = value / (base[round] ?? Number.NaN);
    return Number.isFinite(ratio) ? [ratio] : [];
  });
}

function computeSpread(values: readonly number[]) {
  return { low: computeQuantile(values, 0.25), middle: computeMedian(values), high: computeQuantile(values, 0.75) };
}

function formatAmount({ measured }: ComparisonResult, { key, name }: RatioKey): string {
  const value = computeMedian(measured[key]?.[name] ?? []);
  return Number.isNaN(value) ? '' : `${formatFigure(value)} ${ROWS[key].unit}`;
}

export interface BestPeer {
  readonly name: string;
  readonly value: number;
}

/** Finds the best of the other frameworks. */
export function findBestPeer(result: ComparisonResult, key: RowKey): BestPeer | undefined {
  const row: TableRow = ROWS[key];
  const values = listPeers(result).map((name) => {
    const of = row.isAbsolute ? (result.measured[key]?.[name] ?? []) : computeRatios(result, { key, name });
    return { name, value: computeMedian(of) };
  });
  return values.filter(({ value }) => Number.isFinite(value)).sort((a, b) => a.value - b.value)[0];
}

function formatBestPeer(best: BestPeer | undefined): string {
  return best === undefined ? '' : `${formatFigure(best.value)} ${best.name}`;
}

/** Formats the ratios of all contestants. */
function formatPeerTable(result: ComparisonResult): string {
  const keys = rowKeys.filter((key) =>
    listPeers(result).some((name) => computeRatios(result, { key, name }).length > 0),
  );
  const head = `| | ${keys.map((key) => ROWS[key].title).join(' | ')} |\n|---|${'--:|'.repeat(keys.length)}\n`;
  const lines = result.names.map(
    (name) =>
      `| ${name} | ${keys.map((key) => formatOptional(computeMedian(computeRatios(result, { key, name })))).join(' | ')} |\n`,
  );
  return head + lines.join('');
}

function listPeers({ names }: ComparisonResult): readonly string[] {
  return names.filter((name) => name !== PAWL && !FLOORS.includes(name));
}

function hasPeers(result: ComparisonResult): boolean {
  return listPeers(result).length > 0;
}

function formatOptional(value: number): string {
  return Number.isNaN(value) ? '' : formatFigure(value);
}

function formatFigure(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
