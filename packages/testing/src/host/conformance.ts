import { agentCases } from './agent-cases.ts';
import { clockCases } from './clock-cases.ts';
import { conversationCases } from './conversation-cases.ts';
import { featureCases } from './feature-cases.ts';
import { type ConformanceCase, createCases, type HostUnderTest } from './kit.ts';
import { listCases } from './list-cases.ts';
import { runCases } from './run-cases.ts';
import { stepCases } from './step-cases.ts';
import { taskCases } from './task-cases.ts';
import { waitCases } from './wait-cases.ts';

/**
 * Returns the conformance cases of hosts, for any test runner. Each case opens a host of its own, and fails with a
 * `HostContractError`.
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
    ...conversationCases,
    ...featureCases,
  });
}
