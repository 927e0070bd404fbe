import type { Outcome } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { sliceStart } from '../base/slice-start.ts';

/** One thing to be tried. */
export interface Case<Input, Expected = unknown> {
  /** Unique among the cases. */
  readonly name: string;
  readonly input: Input;
  readonly expected?: Expected;
}

export interface Score {
  /** From 0 to 1. */
  readonly score: number;
  /** In a few words, where it is not 1. */
  readonly why?: string;
}

/** How good an outcome is, by one measure. One that throws scores 0, and says why. */
export interface Scorer<Input = unknown, Expected = unknown> {
  readonly name: string;
  score(outcome: Outcome<unknown>, given: Case<Input, Expected>): Score | Promise<Score>;
}

/** 0 of none. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function scored(isGood: boolean, why: () => string): Score {
  return isGood ? { score: 1 } : { score: 0, why: why() };
}

/** What a run ended with; `undefined` where it has no output. */
export function outputOf(outcome: Outcome<unknown>): unknown {
  return outcome.status === 'completed' || outcome.status === 'limited' ? outcome.output : undefined;
}

export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value as Json); // What an outcome has is JSON, mostly.
  return text.length <= 80 ? text : `${sliceStart(text, 80)}…`;
}
