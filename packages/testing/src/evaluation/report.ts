import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkOptions, type OptionTable } from '@pawl/core';
import { isObject, readJson } from '../base/json.ts';
import type { Evaluation } from './evaluation.ts';
import { evaluationTable } from './table.ts';

export interface ReportOptions {
  /** The mean that is good enough, from 0 to 1. @defaultValue 0 */
  readonly threshold?: number;
  /** A file with an earlier evaluation, as `save` writes it. Where it is not there, nothing is compared. */
  readonly baseline?: string;
  /** How much a case may be worse than there. @defaultValue 0 */
  readonly tolerance?: number;
  /** Where to write this evaluation. May be the baseline: it is written only where nothing got worse. */
  readonly save?: string;
  /** @defaultValue console.log */
  readonly print?: (text: string) => void;
}

export interface EvaluationReport {
  /** 0, or 1 where a try threw, it is not good enough, or worse than the baseline: for `process.exitCode`. */
  readonly exitCode: 0 | 1;
  /** Why not, a sentence each. */
  readonly faults: readonly string[];
}

/**
 * Prints the table, compares with a baseline, keeps the evaluation, and says how a process should end.
 *
 * @throws TypeError for a baseline that is no evaluation.
 */
export function report(evaluation: Evaluation, given: ReportOptions = {}): EvaluationReport {
  const options = checkOptions(given, REPORT, 'report');
  const { threshold: least = 0, baseline, tolerance = 0, save, print = console.log } = options;
  const before = baseline !== undefined && existsSync(baseline) ? readEvaluation(baseline) : undefined;
  const faults = [
    ...listThrown(evaluation),
    ...(evaluation.mean < least ? [`The mean is ${formatMean(evaluation.mean)}, and has to be ${least}.`] : []),
    ...(before === undefined ? [] : listRegressions(before, evaluation, tolerance)),
  ];
  print([evaluationTable(evaluation), ...(faults.length === 0 ? [] : ['', ...faults])].join('\n'));
  if (save !== undefined && (save !== baseline || faults.length === 0)) {
    mkdirSync(dirname(save), { recursive: true });
    writeFileSync(save, `${JSON.stringify(evaluation, null, 2)}\n`);
  }
  return { exitCode: faults.length === 0 ? 0 : 1, faults };
}

const REPORT: OptionTable<ReportOptions> = {
  keys: { threshold: 'number', baseline: 'text', tolerance: 'number', save: 'text', print: 'function' },
  hints: { least: 'The option is "threshold".', min: 'The option is "threshold".' },
};

/** Whatever else it scored: a try that threw says nothing of the agent. */
function listThrown({ cases }: Evaluation): readonly string[] {
  return cases.flatMap(({ name, attempts }) => {
    const { length } = attempts.filter(({ status }) => status === 'threw');
    return length === 0 ? [] : [`Case "${name}" threw in ${length} of ${attempts.length} tries.`];
  });
}

function listRegressions(before: Evaluation, now: Evaluation, tolerance: number): readonly string[] {
  return before.cases.flatMap(({ name, mean }) => {
    const found = now.cases.find((each) => each.name === name);
    if (found === undefined) return [`Case "${name}" of the baseline was not tried.`];
    if (found.mean >= mean - tolerance - ROUNDING) return [];
    return [`Case "${name}" has ${formatMean(found.mean)}, and had ${formatMean(mean)}.`];
  });
}

const ROUNDING = 1e-9;

function formatMean(value: number): string {
  return value.toFixed(2);
}

function readEvaluation(path: string): Evaluation {
  const found = readJson(readFileSync(path, 'utf8'));
  if (isObject(found) && Array.isArray(found['cases'])) return found as unknown as Evaluation; // As it was written.
  throw new TypeError(`"${path}" is no evaluation. Pass a file that \`save\` has written, or take it away.`);
}
