import type { Fault, FrameworkRun } from './fault.ts';
import type { FrameworkEntry } from './frameworks.ts';

export interface FaultOutcome {
  readonly fault: string;
  readonly entrant: string;
  readonly isPassed: boolean;
  readonly did: FrameworkRun;
  readonly requests: number;
  /** What else was seen. @defaultValue the tools that ran */
  readonly seen?: string;
}

export type DescribedFault = Pick<Fault, 'name' | 'happens' | 'passes'>;

export interface FaultTable {
  readonly faults: readonly DescribedFault[];
  readonly entrants: readonly FrameworkEntry[];
  readonly outcomes: readonly FaultOutcome[];
}

/** Formats a row for each fault, and a last row with the number of passes of each framework. */
export function formatMatrix({ faults, entrants, outcomes }: MatrixTable): string {
  const rows = faults.map(({ name }) => [
    name,
    ...entrants.map((each) =>
      findOutcome(outcomes, { fault: name, entrant: each.name })?.isPassed === true ? 'pass' : '–',
    ),
  ]);
  const passed = entrants.map(({ name }) => {
    return `${outcomes.filter((each) => each.entrant === name && each.isPassed).length} of ${faults.length}`;
  });
  const head = ['', ...entrants.map(({ name }) => name)];
  const rule = ['---', ...entrants.map(() => ':-:')];
  return [head, rule, ...rows, ['**all**', ...passed]].map(formatRow).join('\n');
}

/** The part of a table that the matrix needs; a saved table has it. */
export interface MatrixTable extends Pick<FaultTable, 'entrants' | 'outcomes'> {
  readonly faults: readonly Pick<Fault, 'name'>[];
}

export function findOutcome(
  outcomes: readonly FaultOutcome[],
  { fault, entrant }: { readonly fault: string; readonly entrant: string },
): FaultOutcome | undefined {
  return outcomes.find((each) => each.fault === fault && each.entrant === entrant);
}

function formatRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
