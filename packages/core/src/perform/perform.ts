import type { Fact } from '../event/fact.ts';
import type { Effectful, RefuseCalls, Tell } from '../loop/action.ts';
import { awaitAnswers } from './await-answers.ts';
import { callModel } from './call-model.ts';
import { runCalls } from './call-tools.ts';
import { checkCalls } from './check-calls.ts';
import { checkOutput } from './check-output.ts';
import { handOver } from './hand-over.ts';
import { factStep, type Scope, stamp } from './scope.ts';
import { stepName } from './step-name.ts';

/**
 * Carries out an action: effects, each a durable step, and no policy.
 *
 * After an abort each step still gives what the host remembers of it, so that a resumed run ends with all that it had; its
 * work does not start any more.
 */
export function perform(action: Effectful, scope: Scope): Promise<readonly Fact[]> {
  switch (action.type) {
    case 'call-model':
      return callModel(action, scope);
    case 'check-calls':
      return checkCalls(action, scope);
    case 'run-calls':
      return runCalls(action, scope);
    case 'await-answers':
      return awaitAnswers(action, scope);
    case 'refuse-calls':
      return refuseCalls(action, scope);
    case 'hand-over':
      return handOver(action, scope);
    case 'check-output':
      return listed(checkOutput(action, scope));
    case 'tell':
      return listed(tell(action, scope));
  }
}

async function listed(fact: Promise<Fact>): Promise<readonly Fact[]> {
  return [await fact];
}

function tell({ step, fact }: Tell, scope: Scope): Promise<Fact> {
  const work = async (): Promise<Fact> => ({ ...fact, ...stamp(scope) });
  return scope.durable.step(factStep<Fact>(scope, { name: step, effect: 'read', work }));
}

function refuseCalls({ turn, calls, limit, content }: RefuseCalls, scope: Scope): Promise<readonly Fact[]> {
  const steps = calls.map((state) => {
    const { index, call } = state;
    const work = async (): Promise<Fact> => {
      return { type: 'tool.skipped', turn, index, call, reason: 'limit', limit, content, ...stamp(scope) };
    };
    return factStep<Fact>(scope, { name: stepName({ turn, ...state }), effect: 'read', work });
  });
  return scope.durable.all(steps, { width: steps.length });
}
