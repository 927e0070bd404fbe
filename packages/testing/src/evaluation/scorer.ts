import type { Outcome } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { sliceStart } from '../base/slice-start.ts';

/** One input to run. */
export interface Case<Input, Expected = unknown> {
  /** Unique among the cases. */
  readonly name: string;
  readonly input: Input;
  readonly expected?: Expected;
}

export interface Score {
  /** From 0 to 1. */
  readonly score: number;
  /** A few words, if the score is not 1. */
  readonly why?: string;
}

/** Scores an outcome by one measure. A scorer that throws gives score 0, with the error as reason. */
export interface Scorer<Input = unknown, Expected = unknown> {
  readonly name: string;
  score(outcome: Outcome<unknown>, given: Case<Input, Expected>): Score | Promise<Score>;
}

/** 0 for an empty list. */
export function computeMean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function toScore(isGood: boolean, why: () => string): Score {
  return isGood ? { score: 1 } : { score: 0, why: why() };
}

/** The output of a run; `undefined` if it has none. */
export function readOutput(outcome: Outcome<unknown>): unknown {
  return outcome.status === 'completed' || outcome.status === 'limited' ? outcome.output : undefined;
}

export function formatShort(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value as Json); // The fields of an outcome are JSON.
  return text.length <= 80 ? text : `${sliceStart(text, 80)}…`;
}
