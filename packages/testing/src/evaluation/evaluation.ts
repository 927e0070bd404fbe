import type { Outcome } from '@pawl/core';
import type { Score } from './scorer.ts';

/** One attempt at a case. */
export interface Attempt {
  readonly status: Outcome['status'] | 'threw';
  /** By the name of the scorer. */
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

/** The result of `evaluate`. JSON, so it can be stored as a baseline. */
export interface Evaluation {
  readonly name: string;
  readonly cases: readonly EvaluatedCase[];
  readonly scorers: readonly { readonly name: string; readonly mean: number }[];
  /** From 0 to 1; every case has the same weight. */
  readonly mean: number;
}
