import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkOptions, type OptionTable } from '@pawl/core';
import { isObject, readJson } from '../base/json.ts';
import type { Evaluation } from './evaluation.ts';
import { evaluationTable } from './table.ts';

export interface ReportOptions {
  /** The lowest mean that passes, from 0 to 1. @defaultValue 0 */
  readonly threshold?: number;
  /** The file of an earlier evaluation, written by `save`. If it does not exist, nothing is compared. */
  readonly baseline?: string;
  /** How much lower than in the baseline a case may score. @defaultValue 0 */
  readonly tolerance?: number;
  /** The file to write this evaluation to. If it equals `baseline`, it is written only if there are no faults. */
  readonly save?: string;
  /** @defaultValue console.log */
  readonly print?: (text: string) => void;
}

export interface EvaluationReport {
  /**
   * For `process.exitCode`. 1 if an attempt threw, the mean is below the threshold, or a case is worse than in the
   * baseline.
   */
  readonly exitCode: 0 | 1;
  /** The reasons for exit code 1, one sentence each. */
  readonly faults: readonly string[];
}

/**
 * Prints a table, compares with a baseline, saves the evaluation, and returns an exit code.
 *
 * @throws TypeError if the baseline is not an evaluation.
 */
export function report(evaluation: Evaluation, given: ReportOptions = {}): EvaluationReport {
  const options = checkOptions(given, REPORT, 'report');
  const { threshold: least = 0, baseline, tolerance = 0, save, print = console.log } = options;
  const before = baseline !== undefined && existsSync(baseline) ? readEvaluation(baseline) : undefined;
  const faults = [
    ...listThrown(evaluation),
    ...(evaluation.mean < least
      ? [`The mean is ${formatMean(evaluation.mean)}, below the threshold of ${least}.`]
      : []),
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

/** A failing exit code whatever the scores: an attempt that threw says nothing about the agent. */
function listThrown({ cases }: Evaluation): readonly string[] {
  return cases.flatMap(({ name, attempts }) => {
    const { length } = attempts.filter(({ status }) => status === 'threw');
    return length === 0 ? [] : [`Case "${name}" threw in ${length} of ${attempts.length} attempts.`];
  });
}

function listRegressions(before: Evaluation, now: Evaluation, tolerance: number): readonly string[] {
  return before.cases.flatMap(({ name, mean }) => {
    const found = now.cases.find((each) => each.name === name);
    if (found === undefined) return [`Case "${name}" of the baseline was not run.`];
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
  if (isObject(found) && Array.isArray(found['cases'])) return found as unknown as Evaluation; // Written by `save`.
  throw new TypeError(`"${path}" is not an evaluation. Pass a file that \`save\` has written, or delete it.`);
}
