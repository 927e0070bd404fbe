import { HostError } from '../base/errors.ts';
import { getCallName } from '../chat/message.ts';
import type { HandoffCompletedEvent, JournalEvent } from '../event/journal-event.ts';
import type { Outcome } from '../event/outcome.ts';
import type { RecordedStep } from '../host/step-runner.ts';
import type { EffectAction, RecordEvent, RefuseCalls } from '../loop/action.ts';
import { apply } from '../loop/apply.ts';
import { runLoop } from '../loop/loop.ts';
import type { Policy } from '../loop/policy.ts';
import type { RunState } from '../loop/state.ts';
import { createOutcome } from '../loop/transcript.ts';
import { callModel } from './call-model.ts';
import { runCalls } from './call-tools.ts';
import { checkOutput } from './check-output.ts';
import { handOver } from './hand-over.ts';
import { instrumentToolCall } from './instrumentation.ts';
import { SuspendedStepError } from './middleware-scope.ts';
import { awaitAnswers, checkCalls } from './pending-calls.ts';
import type { Scope } from './scope.ts';
import { createEventStep, formatResultStep, stamp } from './step.ts';
import { describeCall } from './tool-call.ts';

/** Runs the loop with effects, in the scope of the active agent. */
export function runInScope(scope: Scope, start: RunState): Promise<Outcome<unknown>> {
  const { runId, definition } = scope;
  let known = start;
  const first: Scope = { ...scope, policy: bindPolicy(scope.policy, scope), getState: () => known };
  let current = { speaker: start.speaker, scope: first };
  const getScope = ({ speaker }: RunState): Scope => {
    if (speaker !== current.speaker)
      current = { speaker, scope: speaker === undefined ? first : createSpeakerScope(speaker, first) };
    return current.scope;
  };
  const loop = runLoop(start, {
    runId,
    agent: definition.name,
    getPolicy: (state) => getScope(state).policy,
    perform: (action, state) => {
      known = state;
      return perform(action, getScope(state));
    },
  });
  return loop.catch((error: unknown) => {
    if (error instanceof SuspendedStepError) return suspendRun(error, { state: known, scope });
    throw error;
  });
}

/** Ends the attempt: a run inside a step waits, so the step has no result. */
function suspendRun(
  { pending, spent, events }: SuspendedStepError,
  { state: before, scope }: { readonly state: RunState; readonly scope: Scope },
): Outcome<unknown> {
  const { turn } = before;
  const end: JournalEvent = {
    type: 'run.suspended',
    turn,
    pending: pending.map(({ id }) => id),
    ...spent,
    ...stamp(scope),
  };
  const state = [...events, end].reduce(apply, before);
  scope.events.emitJournalEvent(end, { replayed: false });
  const { runId, definition } = scope;
  return createOutcome(state, { conclusion: { status: 'suspended', pending }, runId, agent: definition.name });
}

/** Adds what belongs to the run: the policy itself is that of all runs of the agent. */
function bindPolicy(policy: Policy, { context, stepRunner }: Pick<Scope, 'context' | 'stepRunner'>): Policy {
  const { applyStopConditions } = policy;
  let recorded: ReadonlySet<string> | undefined;
  return {
    ...policy,
    ...(applyStopConditions && { applyStopConditions: (state) => applyStopConditions({ ...state, context }) }),
    isRecorded: (turn, call) => {
      recorded ??= new Set(listResults(stepRunner.listRecorded?.() ?? []));
      return recorded.has(formatResultStep({ turn, ...call }));
    },
  };
}

/** A suspended call has no result: it runs again. */
function listResults(steps: readonly RecordedStep[]): readonly string[] {
  return steps.flatMap(({ name, value }) => ((value as JournalEvent).type === 'tool.suspended' ? [] : [name])); // The steps of runs record journal events.
}

/** Creates the scope of another agent in the same run: it shares the budget, limits, cancellation and host. */
function createSpeakerScope(changed: HandoffCompletedEvent, first: Scope): Scope {
  const { to, instructions, definition } = changed;
  const destination = first.definition.speakers().get(to);
  if (destination === undefined) {
    throw new HostError(
      `Run "${first.runId}" was handed over to agent "${to}", which is not among the handoffs of agent "${first.definition.name}" any more. Resume it with an agent that has this handoff.`,
      { code: 'run.changed' },
    );
  }
  const { speaker } = destination;
  return {
    ...first,
    definition: speaker.definition,
    policy: bindPolicy(speaker.getPolicy(first.policy.limits), first),
    settings: { ...speaker.settings, ...first.runSettings },
    instructions: instructions === undefined ? undefined : { role: 'system', content: instructions },
    ...speaker.compareDefinition({ agent: to, definition }, first),
  };
}

/**
 * Carries out an action. Each effect is a durable step; the policy is `decide`'s.
 *
 * After an abort, steps still return what the host has recorded, so a resumed run ends with all its results. No new work starts.
 */
function perform(action: EffectAction, scope: Scope): Promise<readonly JournalEvent[]> {
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
    case 'record-event':
      return toList(recordEvent(action, scope));
  }
}

async function toList(event: Promise<JournalEvent>): Promise<readonly JournalEvent[]> {
  return [await event];
}

function recordEvent({ step, event }: RecordEvent, scope: Scope): Promise<JournalEvent> {
  const work = async (): Promise<JournalEvent> => ({ ...event, ...stamp(scope) });
  return scope.stepRunner.step(createEventStep<JournalEvent>(scope, { name: step, effect: 'read', work }));
}

function refuseCalls({ turn, calls, limit, content }: RefuseCalls, scope: Scope): Promise<readonly JournalEvent[]> {
  const steps = calls.map((state) => {
    const { index, call } = state;
    const skip = async (): Promise<JournalEvent> => {
      return { type: 'tool.skipped', turn, index, call, reason: 'limit', limit, content, ...stamp(scope) };
    };
    const tool = scope.definition.tools.get(getCallName(call));
    const work = (): Promise<JournalEvent> =>
      instrumentToolCall(scope, () => describeCall(tool, { turn, state, kind: 'closed' }), skip);
    return createEventStep<JournalEvent>(scope, { name: formatResultStep({ turn, ...state }), effect: 'read', work });
  });
  return scope.stepRunner.parallel(steps, { width: steps.length });
}
