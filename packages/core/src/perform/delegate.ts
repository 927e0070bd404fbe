import { runUntilCancelled } from '../base/cancellation.ts';
import { getCallName } from '../chat/message.ts';
import type { JournalEvent, NestedRunUsage, ToolCallClosedEvent } from '../event/journal-event.ts';
import type { Outcome } from '../event/outcome.ts';
import { formatCallSegment } from '../event/step-name.ts';
import { addUsage, NO_USAGE } from '../event/usage.ts';
import type { ChildRun, Step } from '../host/step-runner.ts';
import { addUsageShares } from '../loop/shares.ts';
import { readArguments } from '../tool/arguments.ts';
import type { Tool } from '../tool/tool.ts';
import { type ToolResult, toResult } from '../tool/tool-result.ts';
import { instrumentToolCall } from './instrumentation.ts';
import type { ToolExecution } from './middleware.ts';
import { MiddlewareRequests } from './middleware-scope.ts';
import { createChild, type Delegate, type NestedRun, NestedRunError, type OuterRun } from './nested-run.ts';
import { createSpentFields } from './replay-runs.ts';
import { createEventStep, formatResultStep, stamp } from './step.ts';
import {
  closeWithError,
  closeWithResult,
  describeCall,
  failCall,
  rejectInput,
  type ToolCallRun,
  type ToolCallScope,
  wrapExecution,
} from './tool-call.ts';

/**
 * Runs a call as a nested run. Its steps are recorded below the name of the call. Its result is recorded in the step that every
 * call has, so it is found even if the agent is not a tool any more.
 */
export function delegateCall(tool: Tool, { turn, state, scope }: ToolCallScope): ChildRun<JournalEvent> {
  const name = formatCallSegment('tool', { turn, index: state.index });
  const requests = new MiddlewareRequests(scope, turn);
  const run: ToolCallRun = { turn, state, scope, requests, startedAt: scope.clock.now() };
  return createChild({ ...scope, isInsideCall: true }, name, async (outer) => {
    const endCall = scope.budget.beginCall();
    try {
      const kind = state.nestedPending === undefined ? 'run' : 'resumed';
      return await instrumentToolCall(
        scope,
        () => describeCall(tool, { turn, state, kind }),
        (onReplayed) => runNestedCall(tool, { ...run, outer, onReplayed }),
      );
    } finally {
      endCall();
    }
  });
}

interface DelegatedCall extends ToolCallRun {
  readonly outer: OuterRun;
  /** Called if the result was recorded by an earlier attempt. */
  readonly onReplayed: () => void;
}

async function runNestedCall(tool: Tool, { outer, onReplayed, ...run }: DelegatedCall): Promise<JournalEvent> {
  const { turn, state, scope, requests } = run;
  const { index, call } = state;
  const createResultStep = (work: () => ToolCallClosedEvent): Step<JournalEvent> => {
    const step = createEventStep<JournalEvent>(scope, {
      name: formatResultStep({ turn, ...state }),
      effect: 'read',
      work: async () => work(),
    });
    const onRecorded: typeof step.onRecorded = (event, how) => {
      if (how.replayed) onReplayed();
      step.onRecorded(event, how);
    };
    return { ...step, onRecorded };
  };
  const read = await readArguments(tool, call);
  if (!read.ok) return scope.stepRunner.step(createResultStep(() => rejectInput(read.issues, run)));
  // An aborted run still replays its nested run to count its usage, without a start event. Tools do not wait for slow readers.
  if (!scope.cancellation.isCancelled) void scope.events.emitLiveEvent({ type: 'tool.started', turn, index, call });
  const { settled, nestedRun } = await delegateThroughMiddleware(tool, { ...run, input: read.value, outer });
  await requests.finishRuns();
  const spent = addSpent(nestedRun?.outcome, requests);
  const waiting = nestedRun?.outcome.status === 'suspended' ? nestedRun.outcome.pending : [];
  const pending = [...waiting, ...requests.pending];
  if (pending.length === 0 || (waiting.length === 0 && scope.cancellation.isCancelled)) {
    const step = createResultStep(() => ({ ...closeDelegated(settled, run), ...spent }));
    const onRecorded: typeof step.onRecorded = (event, how) => {
      nestedRun?.emitFinished({ replayed: how.replayed }); // The position is that of the call's result.
      step.onRecorded(event, how);
      requests.end();
    };
    return scope.stepRunner.step({ ...step, onRecorded });
  }
  nestedRun?.emitFinished({ replayed: false });
  const suspended: JournalEvent = {
    type: 'tool.suspended',
    turn,
    index,
    pending,
    ...requests.usageFields,
    ...spent,
    ...stamp(scope),
  };
  scope.events.emitJournalEvent(suspended, { replayed: false });
  requests.end();
  return suspended;
}

interface DelegatedResult {
  readonly settled: PromiseSettledResult<ToolResult>;
  /** Absent if middleware did not start it. */
  readonly nestedRun: NestedRun | undefined;
}

/**
 * Runs an agent through the tool middleware, like any tool. Only the result is recorded: if a crash comes before it, the
 * middleware runs again.
 */
async function delegateThroughMiddleware(
  tool: Tool,
  { input, outer, ...run }: ToolCallRun & { readonly input: unknown; readonly outer: OuterRun },
): Promise<DelegatedResult> {
  const { scope, state } = run;
  const delegate = tool.delegate as Delegate; // Made by `agent.asTool` only.
  let nestedRun: Promise<NestedRun> | undefined;
  const runAgent: ToolExecution = async ({ input }) => {
    nestedRun ??= delegate(input, outer);
    const { outcome, extractOutput } = await nestedRun;
    if (outcome.status !== 'completed') throw new NestedRunError(outcome, getCallName(state.call));
    const output = extractOutput === undefined ? outcome.output : await extractOutput(outcome);
    return toResult(output, { maxLength: tool.maxResultLength });
  };
  const call = { call: state.call, tool, input };
  const { cancellation } = scope;
  const work = cancellation.isCancelled
    ? runAgent(call)
    : runUntilCancelled(cancellation, () => wrapExecution(runAgent, run)(call));
  const [settled] = await Promise.allSettled([work]);
  // An abort ends the nested run by itself. Its usage must be counted, so wait for it.
  return { settled, nestedRun: await nestedRun };
}

/** Gives the model the reason if there is no answer. */
function closeDelegated(settled: DelegatedResult['settled'], run: ToolCallRun): ToolCallClosedEvent {
  if (settled.status === 'fulfilled') return closeWithResult(settled.value, run);
  const { reason } = settled;
  if (
    !(reason instanceof NestedRunError) ||
    (reason.outcome.status === 'aborted' && run.scope.cancellation.isCancelled)
  ) {
    return closeWithError(reason, run);
  }
  return failCall(reason, { ...run, reason: 'ended', content: reason.message });
}

/** Adds up what the agent and the runs of the middleware around its call have spent. */
function addSpent(outcome: Outcome<unknown> | undefined, { usageFields }: MiddlewareRequests): NestedRunUsage {
  const { usage = NO_USAGE, usageBy = [], toolCallCount = 0 } = outcome ?? {};
  return createSpentFields({
    usage: addUsage(usage, usageFields.nestedUsage ?? NO_USAGE),
    usageBy: addUsageShares(usageBy, usageFields.usageBy ?? []),
    toolCalls: toolCallCount + (usageFields.nestedToolCallCount ?? 0),
  });
}
