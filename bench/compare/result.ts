import type { MeasurementOrigin } from './measurement-origin.ts';
import type { MeasuredRows } from './rows.ts';

/** What one run of the bench found. It is what `bench/results/compare.json` holds. */
export interface ComparisonResult extends MeasurementOrigin {
  readonly rounds: number;
  /** The share of the machine that other processes used while the rounds were measured. */
  readonly others: number;
  /** Contestants in the order in which they took turns. */
  readonly names: readonly string[];
  /** Versions of what the peers were made of. */
  readonly versions: Readonly<Record<string, string>>;
  readonly measured: MeasuredRows;
}
