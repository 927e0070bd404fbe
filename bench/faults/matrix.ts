import type { Entrant } from './contestants.ts';
import type { Did, Fault } from './fault.ts';

export interface Outcome {
  readonly fault: string;
  readonly entrant: string;
  readonly isPassed: boolean;
  readonly did: Did;
  readonly requests: number;
}

export interface Table {
  readonly faults: readonly Fault[];
  readonly entrants: readonly Entrant[];
  readonly outcomes: readonly Outcome[];
}

/** A row for each fault, and a last row with the number of passes of each framework. */
export function matrix({ faults, entrants, outcomes }: MatrixOf): string {
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
  return [head, rule, ...rows, ['**all**', ...passed]].map(row).join('\n');
}

/** The part of a table that the matrix needs; a saved table has it. */
export interface MatrixOf extends Pick<Table, 'entrants' | 'outcomes'> {
  readonly faults: readonly Pick<Fault, 'name'>[];
}

export function findOutcome(
  outcomes: readonly Outcome[],
  { fault, entrant }: { readonly fault: string; readonly entrant: string },
): Outcome | undefined {
  return outcomes.find((each) => each.fault === fault && each.entrant === entrant);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
