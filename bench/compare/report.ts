import { BASE, PAWL } from './contestants.ts';
import type { Result } from './result.ts';
import { ROWS, type Row, type RowKey } from './rows.ts';
import { median, quantile } from './statistics.ts';

const FLOORS = [BASE, 'node:http', 'undici'];

/** The tables of one run, and how it came about. */
export function comparison(result: Result): string {
  return `${origin(result)}\n\n${goalTable(result)}${hasPeers(result) ? `\n${peerTable(result)}` : ''}`;
}

/** When, where and how much beside it. */
export function origin({ at, node, machine, rounds, others }: Result): string {
  return `${at}, Node ${node}, ${machine}; medians of ${rounds} rounds; other processes used ${(others * 100).toFixed(0)} % of the machine meanwhile.`;
}

/** Pawl and the loops by hand. In brackets the middle half of the rounds. */
function goalTable(result: Result): string {
  const peerHead = hasPeers(result) ? ' best peer |' : '';
  const head = `| work | goal | Pawl | Pawl / fetch | node:http / fetch | undici / fetch |${peerHead}\n`;
  const line = `|---|--:|--:|--:|--:|--:|${hasPeers(result) ? '--:|' : ''}\n`;
  const rows = rowKeys.map((key) => {
    const row: Row = ROWS[key];
    const { low, high, middle } = spread(ratios(result, { key, name: PAWL }));
    const value = Number.isNaN(middle)
      ? ''
      : `${figure(middle)}${low === high ? '' : ` (${figure(low)}–${figure(high)})`}`;
    const cells = [
      row.title,
      `≤ ${row.goal}${row.isAbsolute ? ` ${row.unit}` : ''}`,
      amount(result, { key, name: PAWL }),
      value,
      ...['node:http', 'undici'].map((name) => optional(median(ratios(result, { key, name })))),
      ...(hasPeers(result) ? [namedBest(bestPeer(result, key))] : []),
    ];
    return `| ${cells.join(' | ')} |\n`;
  });
  return head + line + rows.join('');
}

interface Place {
  readonly key: RowKey;
  readonly name: string;
}

export const rowKeys = Object.keys(ROWS) as readonly RowKey[]; // They are its own.

/** To the loop over `fetch` in the same round. Empty where one of the two was not measured. */
export function ratios({ measured }: Result, { key, name }: Place): readonly number[] {
  const base = measured[key]?.[BASE] ?? [];
  const row: Row = ROWS[key];
  if (row.isAbsolute) return [];
  return (measured[key]?.[name] ?? []).flatMap((value, round) => {
    const ratio = value / (base[round] ?? Number.NaN);
    return Number.isFinite(ratio) ? [ratio] : [];
  });
}

function spread(values: readonly number[]) {
  return { low: quantile(values, 0.25), middle: median(values), high: quantile(values, 0.75) };
}

function amount({ measured }: Result, { key, name }: Place): string {
  const value = median(measured[key]?.[name] ?? []);
  return Number.isNaN(value) ? '' : `${figure(value)} ${ROWS[key].unit}`;
}

export interface Best {
  readonly name: string;
  readonly value: number;
}

/** Of the other frameworks. */
export function bestPeer(result: Result, key: RowKey): Best | undefined {
  const row: Row = ROWS[key];
  const values = peersOf(result).map((name) => {
    const of = row.isAbsolute ? (result.measured[key]?.[name] ?? []) : ratios(result, { key, name });
    return { name, value: median(of) };
  });
  return values.filter(({ value }) => Number.isFinite(value)).sort((a, b) => a.value - b.value)[0];
}

function namedBest(best: Best | undefined): string {
  return best === undefined ? '' : `${figure(best.value)} ${best.name}`;
}

/** Everybody's ratios, row by column. */
function peerTable(result: Result): string {
  const keys = rowKeys.filter((key) => peersOf(result).some((name) => ratios(result, { key, name }).length > 0));
  const head = `| | ${keys.map((key) => ROWS[key].title).join(' | ')} |\n|---|${'--:|'.repeat(keys.length)}\n`;
  const lines = result.names.map(
    (name) => `| ${name} | ${keys.map((key) => optional(median(ratios(result, { key, name })))).join(' | ')} |\n`,
  );
  return head + lines.join('');
}

function peersOf({ names }: Result): readonly string[] {
  return names.filter((name) => name !== PAWL && !FLOORS.includes(name));
}

function hasPeers(result: Result): boolean {
  return peersOf(result).length > 0;
}

function optional(value: number): string {
  return Number.isNaN(value) ? '' : figure(value);
}

function figure(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
