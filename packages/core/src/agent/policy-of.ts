import type { ResolvedLimits } from '../limits/limits.ts';
import type { Conclusion } from '../loop/action.ts';
import { failure } from '../loop/failure.ts';
import type { Policy } from '../loop/policy.ts';
import type { StopRule, StopState } from '../loop/stop.ts';
import type { Blueprint } from './blueprint.ts';

/** An agent's policy, within the limits of a run. */
export function policyOf({ definition, outputCorrections, stopRules }: Blueprint, limits: ResolvedLimits): Policy {
  const { tools, output } = definition;
  return {
    limits,
    outputCorrections,
    hasTools: tools.size > 0,
    ...(stopRules.length > 0 && { stopsAt: (state) => stoppedBy(stopRules, state) }),
    hasOutput: output !== undefined,
    correctionsOf: (name) => tools.get(name)?.corrections ?? 2,
    handsOver: (name) => tools.get(name)?.handsTo !== undefined,
    mayWait: (name) => {
      const { needsApproval = false, isAnsweredOutside = false } = tools.get(name) ?? {};
      return isAnsweredOutside || needsApproval !== false;
    },
  };
}

function stoppedBy(rules: readonly StopRule[], state: StopState): Conclusion | undefined {
  try {
    for (const rule of rules) {
      const stop = rule(state);
      if (stop === false) continue;
      const text = stop === true ? state.text : stop.output;
      return { status: 'completed', output: text, text };
    }
    return undefined;
  } catch (error) {
    return failure(error);
  }
}
