export type { EvaluateOptions } from './evaluate.ts';
export { evaluate } from './evaluate.ts';
export type { Attempt, EvaluatedCase, Evaluation } from './evaluation.ts';
export type { EvaluationReport, ReportOptions } from './report.ts';
export { report } from './report.ts';
export type { Case, Score, Scorer } from './scorer.ts';
export type { JudgeOptions } from './scorers.ts';
export { callsTools, exactMatch, judge, matchesSchema, within } from './scorers.ts';
export { evaluationTable } from './table.ts';
