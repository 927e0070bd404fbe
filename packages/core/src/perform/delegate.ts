import { runUntilCancelled } from '../base/cancellation.ts';
import { getCallName } from '../chat/message.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import { toError } from '../event/error-data.ts';
import type { JournalEvent, ToolCallClosedEvent } from '../event/journal-event.ts';
import type { CompletedOutcome, Outcome, UsageShare } from '../event/outcome.ts';
import { formatCallStep } from '../event/step-name.ts';
import { NO_USAGE, type Usage } from '../event/usage.ts';
import type { ChildRun, Step, StepRunner } from '../host/step-runner.ts';
import { readArguments } from '../tool/arguments.ts';
import { ToolError } from '../tool/errors.ts';
import type { Tool } from '../tool/tool.ts';
import { type ToolResult, toResult } from '../tool/tool-result.ts';
import { instrumentToolCall } from './instrumentation.ts';
import type { ToolExecution } from './middleware.ts';
import { MiddlewareRequests } from './middleware-scope.ts';
import type { Scope } from './scope.ts';
import { addPath, createEventStep, formatResultStep, stamp } from './step.ts';
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

/** What a nested run gets from its outer run. */
export interface OuterRun {
  readonly scope: Scope;
  /** Records the steps of the nested run. */
  readonly stepRunner: StepRunner;
  readonly path: string;
}

/** Runs an agent inside a run. Rejects only with a `HostError`. */
export type Delegate = (input: unknown, outer: OuterRun) => Promise<NestedRun>;

export interface NestedRun {
  readonly outcome: Outcome<unknown>;
  /** Makes the output of the tool from a completed outcome. @defaultValue the output of the nested run */
  readonly extractOutput?: (outcome: CompletedOutcome<unknown>) => Promise<unknown>;
  /** Emits the `run.finished` event of the nested run. */
  readonly emitFinished: (how: { readonly replayed: boolean }) => void;
}

/**
 * Runs a call as a nested run. Its steps are recorded below the name of the call. Its result is recorded in the step that every
 * call has, so it is found even if the agent is not a tool any more.
 */
export function delegateCall(tool: Tool, { turn, state, scope }: ToolCallScope): ChildRun<JournalEvent> {
  const name = formatCallStep('tool', { turn, index: state.index });
  const requests = new MiddlewareRequests(scope, turn);
  const run: ToolCallRun = { turn, state, scope, requests, startedAt: scope.clock.now() };
  return {
    type: 'child',
    name,
    async body(stepRunner) {
      const endCall = scope.budget.beginCall();
      try {
        const kind = state.nestedPending === undefined ? 'run' : 'resumed';
        return await instrumentToolCall(
          scope,
          () => describeCall(tool, { turn, state, kind }),
          (onReplayed) => runNestedCall(tool, { ...run, stepRunner, path: addPath(scope, name), onReplayed }),
        );
      } finally {
        endCall();
      }
    },
  };
}

interface DelegatedCall extends ToolCallRun {
  readonly stepRunner: StepRunner;
  readonly path: string;
  /** Called if the result was recorded by an earlier attempt. */
  readonly onReplayed: () => void;
}

async function runNestedCall(
  tool: Tool,
  { stepRunner, path, onReplayed, ...run }: DelegatedCall,
): Promise<JournalEvent> {
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
  const outer = { scope, stepRunner, path };
  const { settled, nestedRun } = await delegateThroughMiddleware(tool, { ...run, input: read.value, outer });
  const spent = countUsage(nestedRun?.outcome);
  if (nestedRun?.outcome.status !== 'suspended') {
    const step = createResultStep(() => ({ ...closeDelegated(settled, run), ...spent }));
    const onRecorded: typeof step.onRecorded = (event, how) => {
      nestedRun?.emitFinished({ replayed: how.replayed }); // The position is that of the call's result.
      step.onRecorded(event, how);
      requests.end();
    };
    return scope.stepRunner.step({ ...step, onRecorded });
  }
  nestedRun.emitFinished({ replayed: false });
  const { pending } = nestedRun.outcome;
  const suspended: JournalEvent = {
    type: 'tool.suspended',
    turn,
    index,
    pending,
    ...spent,
    ...requests.usageFields,
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

/** Thrown through the middleware if a nested run did not complete. A suspended run is suspended whatever middleware makes of this error. */
class NestedRunError extends ToolError {
  readonly outcome: IncompleteOutcome;

  constructor(outcome: IncompleteOutcome, tool: string) {
    super(`The agent "${tool}" returned no answer. ${describeEnd(outcome)}`);
    this.outcome = outcome;
  }
}

type IncompleteOutcome = Exclude<Outcome<unknown>, { status: 'completed' }>;

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

function countUsage(outcome: Outcome<unknown> | undefined): {
  readonly spent?: Usage;
  readonly usageBy?: readonly UsageShare[];
  readonly nestedToolCallCount?: number;
} {
  const { usage = NO_USAGE, usageBy = [], toolCallCount: toolCalls = 0 } = outcome ?? {};
  const spent = usage !== NO_USAGE && { spent: usage, ...(usageBy.length > 0 && { usageBy }) };
  return { ...spent, ...(toolCalls > 0 && { nestedToolCallCount: toolCalls }) };
}

function describeEnd(outcome: IncompleteOutcome): string {
  switch (outcome.status) {
    case 'suspended':
      return 'It waits for an external answer.';
    case 'limited':
      return `It reached its limit: ${outcome.limit}.${quoteText(outcome.text)}`;
    case 'truncated':
      return `Its response was cut off by the token limit.${quoteText(outcome.text)}`;
    case 'filtered':
      return "The server's content filter stopped its response.";
    case 'refused':
      return `It refused: ${outcome.refusal}`;
    case 'aborted':
      return `It was aborted: ${outcome.reason}`;
    case 'failed':
      return `It failed: ${describeForModel(toError(outcome.error))}`;
  }
}

function quoteText(text: string | undefined): string {
  return text === undefined || text.trim() === '' ? '' : ` Its text so far:\n${text}`;
}
