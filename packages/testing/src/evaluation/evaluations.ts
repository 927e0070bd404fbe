export type { ConcludeOptions, Conclusion } from './conclude.ts';
export { conclude } from './conclude.ts';
export type { EvaluateOptions } from './evaluate.ts';
export { evaluate } from './evaluate.ts';
export type { Attempt, EvaluatedCase, Evaluation } from './evaluation.ts';
export type { Case, Score, Scorer } from './scorer.ts';
export type { JudgeOptions } from './scorers.ts';
export { callsTools, exactly, fits, judge, within } from './scorers.ts';
export { evaluationTable } from './table.ts';
