import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import type { LimitName } from '../event/outcome.ts';
import type { ResolvedLimits } from '../limits/limits.ts';
import type { Conclusion } from '../loop/action.ts';
import { failure } from '../loop/failure.ts';
import type { Policy } from '../loop/policy.ts';
import type { StopRule, StopState } from '../loop/stop.ts';
import type { Blueprint } from './blueprint.ts';

/** An agent's policy, within the limits of a run. Runs one after the other hardly ever have others. */
export function policyOf(blueprint: Blueprint, limits: ResolvedLimits): Policy {
  const last = made.get(blueprint);
  if (last !== undefined && isSame(last.limits, limits)) return last;
  const policy = policyWithin(blueprint, limits);
  made.set(blueprint, policy);
  return policy;
}

const made = new WeakMap<Blueprint, Policy>();

function isSame(one: ResolvedLimits, other: ResolvedLimits): boolean {
  return (Object.keys(one) as LimitName[]).every((name) => one[name] === other[name]); // It has a number for each.
}

function policyWithin({ definition, outputCorrections, stopRules, digest }: Blueprint, limits: ResolvedLimits): Policy {
  const { tools, output } = definition;
  return {
    limits,
    outputCorrections,
    hasTools: tools.size > 0,
    ...(stopRules.length > 0 && { stopsAt: (state) => stoppedBy(stopRules, state) }),
    hasOutput: output !== undefined,
    correctionsOf: (name) => tools.get(name)?.corrections ?? 2,
    handsOver: (name) => tools.get(name)?.handsTo !== undefined,
    definitionOf: (name) => digest().tools[name],
    mayWait: (name) => {
      const { needsApproval = false, isAnsweredOutside = false } = tools.get(name) ?? {};
      return isAnsweredOutside || needsApproval !== false;
    },
  };
}

function stoppedBy(rules: readonly StopRule[], state: StopState): Conclusion | undefined {
  try {
    for (const rule of rules) {
      const stop: unknown = rule(state);
      if (stop === false) continue;
      const text = stop === true ? state.text : outputOf(stop);
      return { status: 'completed', output: text, text };
    }
    return undefined;
  } catch (error) {
    return failure(error);
  }
}

/** Where types are not checked, a promise would pass for a yes. */
function outputOf(stop: unknown): string {
  if (isRecord(stop) && typeof stop['output'] === 'string') return stop['output'];
  const shown = stop instanceof Promise ? 'a promise' : (JSON.stringify(stop) ?? String(stop));
  throw new ConfigError(`stopWhen gave ${shown}. Give true, false, or { output: "…" }, at once.`);
}
