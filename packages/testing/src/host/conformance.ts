import { agentCases } from './agent-cases.ts';
import { clockCases } from './clock-cases.ts';
import { type ConformanceCase, createCases, type HostUnderTest } from './kit.ts';
import { listCases } from './list-cases.ts';
import { runCases } from './run-cases.ts';
import { stepCases } from './step-cases.ts';
import { taskCases } from './task-cases.ts';
import { waitCases } from './wait-cases.ts';

/**
 * What every host of runs promises, as cases that any test runner can run: each on a host of its own, each failing with an
 * error that says which promise was broken and what came.
 */
export function hostConformance(host: HostUnderTest): readonly ConformanceCase[] {
  return createCases(host, {
    ...stepCases,
    ...taskCases,
    ...waitCases,
    ...clockCases,
    ...runCases,
    ...listCases,
    ...agentCases,
  });
}
