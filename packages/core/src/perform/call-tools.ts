import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import { getCallName } from '../chat/message.ts';
import { toErrorData } from '../event/error-data.ts';
import type {
  ApprovalRequestedEvent,
  JournalEvent,
  ToolCallClosedEvent,
  ToolSuspendedEvent,
} from '../event/journal-event.ts';
import { formatCallSegment } from '../event/step-name.ts';
import type { StepTask } from '../host/step-runner.ts';
import type { RunCalls } from '../loop/action.ts';
import type { CallState } from '../loop/state.ts';
import { readArguments } from '../tool/arguments.ts';
import { SuspendRun, UnknownOutcomeError } from '../tool/errors.ts';
import { executeTool } from '../tool/execute-tool.ts';
import type { Tool } from '../tool/tool.ts';
import type { ToolResult } from '../tool/tool-result.ts';
import { delegateCall } from './delegate.ts';
import { instrumentToolCall, type ToolCallSpan } from './instrumentation.ts';
import type { ToolExecution } from './middleware.ts';
import { MiddlewareRequests } from './middleware-scope.ts';
import { createPendingCall } from './pending-calls.ts';
import { recoverRuns, replayRuns } from './replay-runs.ts';
import type { Scope } from './scope.ts';
import { StateDraft } from './state-draft.ts';
import { createEventStep, formatResultStep, stamp } from './step.ts';
import {
  cancelCall,
  closeWithError,
  closeWithResult,
  describeCall,
  failCall,
  findRewriteError,
  refuseCall,
  rejectInput,
  rejectUnknownTool,
  ToolCallContext,
  type ToolCallRun,
  type ToolCallScope,
  wrapExecution,
} from './tool-call.ts';

/**
 * Runs calls in parallel, each as a durable step or a nested run. Every call gets a result, or waits.
 *
 * A call that a run inside has suspended in an earlier attempt runs again, as its next step.
 */
export async function runCalls(
  { turn, calls, tools, ...action }: RunCalls,
  scope: Scope,
): Promise<readonly JournalEvent[]> {
  const again: CallState[] = [];
  const suspended: JournalEvent[] = [];
  const tasks = calls.map((state): StepTask<JournalEvent> => {
    const name = getCallName(state.call);
    const tool = tools?.includes(name) === false ? undefined : scope.definition.tools.get(name);
    const call = { turn, state, scope };
    if (tool?.delegate !== undefined) return delegateCall(tool, call);
    return createCallStep(tool, {
      ...call,
      onSuspendedBefore: (suspensions) => again.push({ ...state, suspensions }),
      onSuspended: (event) => suspended.push(event),
    });
  });
  const events = await scope.stepRunner.parallel(tasks, { width: scope.maxParallelToolCalls });
  if (again.length === 0) return [...events, ...suspended];
  return [...events, ...suspended, ...(await runCalls({ turn, calls: again, tools, ...action }, scope))];
}

interface CallStepScope extends ToolCallScope {
  /** Called if an earlier attempt has recorded that a run inside the call waits. */
  readonly onSuspendedBefore: (suspensions: number) => void;
  /**
   * Called if a run inside the call waits, with what the runs inside have spent. It is not recorded: the runs replay what they have spent, and
   * the result of the call has it.
   */
  readonly onSuspended: (event: ToolSuspendedEvent) => void;
}

function createCallStep(
  tool: Tool | undefined,
  { turn, state, scope, onSuspendedBefore, onSuspended }: CallStepScope,
): StepTask<JournalEvent> {
  const requests = new MiddlewareRequests(scope, turn);
  const begin = (callSpan?: ToolCallSpan): ToolCallRun => {
    const draft = new StateDraft(scope.getState().remembered, scope.definition.state);
    return { turn, state, scope, requests, draft, startedAt: scope.clock.now(), callSpan };
  };
  const rewriteError = findRewriteError(tool, { turn, state, scope });
  let endCall: (() => void) | undefined;
  const runInSpan = (
    kind: ToolCallSpan['kind'],
    work: (span: ToolCallSpan | undefined) => Promise<JournalEvent>,
  ): Promise<JournalEvent> =>
    instrumentToolCall(
      scope,
      () => describeCall(tool, { turn, state, kind }),
      (_, span) => work(span),
    );
  const step = createEventStep<JournalEvent>(scope, {
    name: formatResultStep({ turn, ...state }),
    // Nothing of a rewritten tool runs, so the host must record no intent to run it.
    effect: rewriteError === undefined ? (tool?.effect ?? 'read') : 'read',
    exclusive: tool?.exclusive ?? false,
    work: () => {
      if (rewriteError !== undefined) return Promise.reject(rewriteError);
      const { unknownOutcomes, resumeData, suspensions = 0 } = state;
      return runInSpan(unknownOutcomes + suspensions > 0 || resumeData !== undefined ? 'resumed' : 'run', (span) => {
        const { exceededCallLimit: callsRefused } = scope.budget;
        if (callsRefused !== undefined) return Promise.resolve(refuseCall(callsRefused, begin(span)));
        endCall = scope.budget.beginCall();
        return runCall(tool, begin(span));
      });
    },
    onUnknownOutcome: () => runInSpan('unknown_outcome', (span) => resolveInterruptedCall(tool, begin(span))),
  });
  const onRecorded: typeof step.onRecorded = (event, how) => {
    if (event.type === 'tool.suspended') {
      if (how.replayed) onSuspendedBefore(event.suspensions ?? 0);
      else onSuspended({ ...event, ...requests.spentFields });
    } else if (how.replayed && 'nestedUsage' in event)
      replayRuns(scope, { segments: listSegments({ turn, ...state }), ...event });
    step.onRecorded(event, how);
    endCall?.(); // The event has charged this call. Ending it earlier would let a parallel call exceed the limit.
    requests.end();
  };
  return { ...step, onRecorded };
}

/** The path segments of runs that the tool of a call and the middleware around it begin. */
function listSegments(position: { readonly turn: number; readonly index: number }): readonly string[] {
  return [formatCallSegment('tool', position), formatCallSegment('wrap', position)];
}

const INTERRUPTED =
  'The outcome of this call is unknown: the process stopped while it ran. It may have had its effect. Check before you repeat it.';

/** Resolves a call that a crash interrupted: its tool or a person decides. Without either, the model gets an error result. */
async function resolveInterruptedCall(tool: Tool | undefined, run: ToolCallRun): Promise<CallEvent> {
  const { onUnknownOutcome } = tool ?? {};
  if (tool === undefined || onUnknownOutcome === undefined) {
    const spent = recoverRuns(run.scope, listSegments({ turn: run.turn, index: run.state.index }));
    return {
      ...failCall(new Error(INTERRUPTED), { ...run, reason: 'unknown_outcome', content: INTERRUPTED }),
      ...spent,
    };
  }
  return onUnknownOutcome === 'ask' ? askPerson(tool, run) : runCall(replaceExecution(tool, onUnknownOutcome), run);
}

/** Returns a tool that checks the outcome. If the check throws `UnknownOutcomeError`, the call fails: nothing else can check it. */
function replaceExecution({ onUnknownOutcome: _, ...tool }: Tool, execute: Tool['execute']): Tool {
  return { ...tool, execute };
}

async function askPerson(tool: Tool, run: ToolCallRun): Promise<ToolCallClosedEvent | ApprovalRequestedEvent> {
  const { state, scope } = run;
  if (scope.cancellation.isCancelled) return cancelCall(run);
  const validated = await readArguments(tool, state.call);
  if (!validated.ok) return rejectInput(validated.issues, run);
  return requestAnswer(tool, { ...run, reason: 'unknown_outcome', validated });
}

type OpenCall = ToolCallRun &
  Pick<Parameters<typeof createPendingCall>[1], 'reason' | 'validated' | 'shown' | 'suspendedState'>;

async function requestAnswer(tool: Tool, call: OpenCall): Promise<ApprovalRequestedEvent> {
  const { turn, state, scope, requests, suspendedState } = call;
  const pending = await createPendingCall(tool, call);
  const { usageFields } = requests;
  const kept = suspendedState === undefined ? {} : { state: suspendedState };
  return { type: 'approval.requested', turn, index: state.index, pending, ...kept, ...usageFields, ...stamp(scope) };
}

async function runCall(tool: Tool | undefined, run: ToolCallRun): Promise<CallEvent> {
  const { scope, requests } = run;
  const { cancellation } = scope;
  if (cancellation.isCancelled) return cancelCall(run);
  if (tool === undefined) return rejectUnknownTool(run);
  const [settled] = await Promise.allSettled([runUntilCancelled(cancellation, () => validateAndExecute(tool, run))]);
  if (requests.hasRuns) await requests.finishRuns();
  const event = settled.status === 'fulfilled' ? settled.value : closeWithError(requests.explain(settled.reason), run);
  return requests.hasRuns ? suspendOrClose(event, run) : event;
}

type CallEvent = ToolCallClosedEvent | ApprovalRequestedEvent | ToolSuspendedEvent;

/** If a run that the tool or the middleware around it began waits, the call does, whatever the tool made of it. */
function suspendOrClose(event: ToolCallClosedEvent | ApprovalRequestedEvent, run: ToolCallRun): CallEvent {
  const { turn, state, scope, requests } = run;
  const { pending } = requests;
  if (pending.length > 0 && !scope.cancellation.isCancelled) {
    const suspensions = (state.suspensions ?? 0) + 1;
    return { type: 'tool.suspended', turn, index: state.index, pending, suspensions, ...stamp(scope) };
  }
  return event.type === 'approval.requested' ? event : { ...event, ...requests.spentFields };
}

async function validateAndExecute(tool: Tool, run: ToolCallRun): Promise<ToolCallClosedEvent | ApprovalRequestedEvent> {
  const { turn, scope, state } = run;
  const { index, call } = state;
  const validated = await readArguments(tool, call);
  scope.cancellation.throwIfCancelled(); // The call is already recorded as cancelled, so its tool must not start.
  if (!validated.ok) return rejectInput(validated.issues, run);
  void scope.events.emitLiveEvent({ type: 'tool.started', turn, index, call }); // Tools do not wait for slow readers.
  return executeValidated(tool, { ...run, validated });
}

type ValidatedCallRun = ToolCallRun & Pick<OpenCall, 'validated'>;

async function executeValidated(
  tool: Tool,
  call: ValidatedCallRun,
): Promise<ToolCallClosedEvent | ApprovalRequestedEvent> {
  try {
    const result = await executeThroughMiddleware(tool, { ...call, input: call.validated.value });
    if (typeof result?.content !== 'string') throw new ConfigError(NO_RESULT);
    const updates = call.draft?.settle();
    if (updates !== undefined) await updates; // Without updates, calls end in the order in which their tools do.
    return closeWithResult(result, call);
  } catch (error) {
    if (call.scope.cancellation.isCancelled) throw error;
    if (UnknownOutcomeError.isInstance(error)) return resolveUnknownOutcome(tool, { ...call, error });
    if (!SuspendRun.isInstance(error)) throw error;
    const { preview: shown, state: suspendedState } = error;
    return requestAnswer(tool, { ...call, reason: 'suspended', shown, suspendedState });
  }
}

/** Resolves a call whose tool does not know its outcome, as after a crash. A person sees the error if the tool has no preview. */
async function resolveUnknownOutcome(
  tool: Tool,
  { error, ...call }: ValidatedCallRun & { readonly error: UnknownOutcomeError },
): Promise<ToolCallClosedEvent | ApprovalRequestedEvent> {
  const { onUnknownOutcome, preview } = tool;
  if (onUnknownOutcome === undefined) throw error;
  if (onUnknownOutcome !== 'ask') return executeValidated(replaceExecution(tool, onUnknownOutcome), call);
  const shown = preview === undefined ? { shown: error.message } : {};
  return requestAnswer(tool, { ...call, reason: 'unknown_outcome', ...shown });
}

const NO_RESULT = 'A tool middleware returned no result. Return the result of next(call), or { content: "…" }.';

function executeThroughMiddleware(
  tool: Tool,
  { input, ...run }: ToolCallRun & { readonly input: unknown },
): Promise<ToolResult> {
  const { turn, scope, state } = run;
  const { index, call } = state;
  const runTool: ToolExecution = ({ tool, input }) =>
    executeTool(tool, input, {
      clock: scope.clock,
      signal: scope.cancellation,
      makeContext: (timed) => new ToolCallContext(run, timed),
      onLateResult: (settled) => {
        const error = settled.status === 'rejected' ? { error: toErrorData(settled.reason) } : {};
        void scope.events.emitLiveEvent({ type: 'tool.late_result', turn, index, call, ...error }); // Nothing left to hold back.
      },
    });
  return wrapExecution(runTool, run)({ call, tool, input });
}
