/** What the list needs of a run to order and to filter it. */
export interface OrderedRun {
  readonly id: string;
  readonly agent: string;
  readonly status: string;
  readonly createdAt: number;
}

/** Runs that need somebody come first: they wait for an answer, nobody works on them, or they failed. */
export function needsAttention({ status }: Pick<OrderedRun, 'status'>): boolean {
  return RANKS[status] !== undefined;
}

const RANKS: Readonly<Record<string, number>> = { suspended: 1, interrupted: 2, failed: 3 };

/** Orders runs: those that need attention, then the newest. */
export function orderRuns<Run extends OrderedRun>(runs: readonly Run[]): readonly Run[] {
  return runs.toSorted((a, b) => (RANKS[a.status] ?? 9) - (RANKS[b.status] ?? 9) || b.createdAt - a.createdAt);
}
