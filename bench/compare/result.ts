import type { MeasurementOrigin } from './measurement-origin.ts';
import type { MeasuredRows } from './rows.ts';

/** The result of the bench, and the content of `bench/results/compare.json`. */
export interface ComparisonResult extends MeasurementOrigin {
  readonly rounds: number;
  /** Share of the machine that other processes used during the rounds. */
  readonly others: number;
  /** Contestants in the order of their turns. */
  readonly names: readonly string[];
  /** Versions of the contestants' packages. */
  readonly versions: Readonly<Record<string, string>>;
  readonly measured: MeasuredRows;
}
