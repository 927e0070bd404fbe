import { HostError } from '../base/errors.ts';
import type { HandoffCompletedEvent, JournalEvent } from '../event/journal-event.ts';
import type { Outcome } from '../event/outcome.ts';
import type { Effectful, RefuseCalls, Tell } from '../loop/action.ts';
import { runLoop } from '../loop/loop.ts';
import type { RunState } from '../loop/state.ts';
import { callModel } from './call-model.ts';
import { runCalls } from './call-tools.ts';
import { checkOutput } from './check-output.ts';
import { handOver } from './hand-over.ts';
import { awaitAnswers, checkCalls } from './pending-calls.ts';
import type { Scope } from './scope.ts';
import { factStep, stamp, stepName } from './step.ts';

/** Runs the loop with effects. They happen in the scope of the agent that speaks. */
export function runInScope(scope: Scope, start: RunState): Promise<Outcome<unknown>> {
  const { runId, definition } = scope;
  let known = start;
  const first: Scope = { ...scope, known: () => known };
  let now = { speaker: start.speaker, scope: first };
  const scopeAt = ({ speaker }: RunState): Scope => {
    if (speaker !== now.speaker) now = { speaker, scope: speaker === undefined ? first : scopeOf(speaker, first) };
    return now.scope;
  };
  return runLoop(start, {
    runId,
    agent: definition.name,
    policyOf: (state) => scopeAt(state).policy,
    perform: (action, state) => {
      known = state;
      return perform(action, scopeAt(state));
    },
  });
}

/** The same run, with another agent: its budget, limits, signal and host are the run's. */
function scopeOf(changed: HandoffCompletedEvent, first: Scope): Scope {
  const { to, instructions, definition } = changed;
  const speaker = first.definition.speakers().get(to);
  if (speaker === undefined) {
    throw new HostError(
      `Run "${first.runId}" was handed over to agent "${to}", which agent "${first.definition.name}" does not hand over to any more. Resume it where it does.`,
      { code: 'run.changed' },
    );
  }
  return {
    ...first,
    definition: speaker.definition,
    policy: speaker.policyOf(first.policy.limits),
    settings: { ...speaker.settings, ...first.ownSettings },
    instructions: instructions === undefined ? undefined : { role: 'system', content: instructions },
    ...speaker.since({ agent: to, definition }, first),
  };
}

/**
 * Carries out an action: effects, each a durable step, and no policy.
 *
 * After an abort each step still gives what the host has recorded of it, so that a resumed run ends with all that it had. No new
 * work starts.
 */
function perform(action: Effectful, scope: Scope): Promise<readonly JournalEvent[]> {
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
      return toList(handOver(action, scope));
    case 'check-output':
      return toList(checkOutput(action, scope));
    case 'tell':
      return toList(recordFact(action, scope));
  }
}

async function toList(fact: Promise<JournalEvent>): Promise<readonly JournalEvent[]> {
  return [await fact];
}

function recordFact({ step, fact }: Tell, scope: Scope): Promise<JournalEvent> {
  const work = async (): Promise<JournalEvent> => ({ ...fact, ...stamp(scope) });
  return scope.stepRunner.step(factStep<JournalEvent>(scope, { name: step, effect: 'read', work }));
}

function refuseCalls({ turn, calls, limit, content }: RefuseCalls, scope: Scope): Promise<readonly JournalEvent[]> {
  const steps = calls.map((state) => {
    const { index, call } = state;
    const work = async (): Promise<JournalEvent> => {
      return { type: 'tool.skipped', turn, index, call, reason: 'limit', limit, content, ...stamp(scope) };
    };
    return factStep<JournalEvent>(scope, { name: stepName({ turn, ...state }), effect: 'read', work });
  });
  return scope.stepRunner.parallel(steps, { width: steps.length });
}
