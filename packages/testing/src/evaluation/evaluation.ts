import type { Outcome } from '@pawl/core';
import type { Score } from './scorer.ts';

/** One try of a case. */
export interface Attempt {
  readonly status: Outcome['status'] | 'threw';
  /** By the scorers' names. */
  readonly scores: Readonly<Record<string, Score>>;
  readonly mean: number;
  readonly tokens: number;
  /** In US dollars. */
  readonly cost: number;
  readonly durationMs: number;
}

export interface EvaluatedCase {
  readonly name: string;
  readonly attempts: readonly Attempt[];
  readonly mean: number;
}

/** What an evaluation came to. JSON, so that it can be the baseline of the next one. */
export interface Evaluation {
  readonly name: string;
  readonly cases: readonly EvaluatedCase[];
  readonly scorers: readonly { readonly name: string; readonly mean: number }[];
  /** From 0 to 1, each case counting the same. */
  readonly mean: number;
}
