import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import { getCallName } from '../chat/message.ts';
import { toErrorData } from '../event/error-data.ts';
import type { ApprovalRequestedEvent, JournalEvent, ToolCallClosedEvent } from '../event/journal-event.ts';
import type { StepTask } from '../host/step-runner.ts';
import type { RunCalls } from '../loop/action.ts';
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

/** Runs calls in parallel, each as a durable step or a nested run. Every call gets a result. */
export function runCalls({ turn, calls, tools }: RunCalls, scope: Scope): Promise<readonly JournalEvent[]> {
  const tasks = calls.map((state): StepTask<JournalEvent> => {
    const name = getCallName(state.call);
    const tool = tools?.includes(name) === false ? undefined : scope.definition.tools.get(name);
    const call = { turn, state, scope };
    return tool?.delegate === undefined ? createCallStep(tool, call) : delegateCall(tool, call);
  });
  return scope.stepRunner.parallel(tasks, { width: scope.maxParallelToolCalls });
}

function createCallStep(tool: Tool | undefined, { turn, state, scope }: ToolCallScope): StepTask<JournalEvent> {
  const requests = new MiddlewareRequests(scope, turn);
  const begin = (): ToolCallRun => {
    const draft = new StateDraft(scope.getState().remembered, scope.definition.state);
    return { turn, state, scope, requests, draft, startedAt: scope.clock.now() };
  };
  const rewriteError = findRewriteError(tool, { turn, state, scope });
  let endCall: (() => void) | undefined;
  const runInSpan = (kind: ToolCallSpan['kind'], work: () => Promise<JournalEvent>): Promise<JournalEvent> =>
    instrumentToolCall(scope, () => describeCall(tool, { turn, state, kind }), work);
  const step = createEventStep<JournalEvent>(scope, {
    name: formatResultStep({ turn, ...state }),
    // Nothing of a rewritten tool runs, so the host must record no intent to run it.
    effect: rewriteError === undefined ? (tool?.effect ?? 'read') : 'read',
    exclusive: tool?.exclusive ?? false,
    work: () => {
      if (rewriteError !== undefined) return Promise.reject(rewriteError);
      return runInSpan(state.unknownOutcomes > 0 || state.resumeData !== undefined ? 'resumed' : 'run', () => {
        const { exceededCallLimit: callsRefused } = scope.budget;
        if (callsRefused !== undefined) return Promise.resolve(refuseCall(callsRefused, begin()));
        endCall = scope.budget.beginCall();
        return runCall(tool, begin());
      });
    },
    onUnknownOutcome: () => runInSpan('unknown_outcome', () => resolveInterruptedCall(tool, begin())),
  });
  const onRecorded: typeof step.onRecorded = (event, how) => {
    step.onRecorded(event, how);
    endCall?.(); // The event has charged this call. Ending it earlier would let a parallel call exceed the limit.
    requests.end();
  };
  return { ...step, onRecorded };
}

const INTERRUPTED =
  'The outcome of this call is unknown: the process stopped while it ran. It may have had its effect. Check before you repeat it.';

/** Resolves a call that a crash interrupted: its tool or a person decides. Without either, the model gets an error result. */
async function resolveInterruptedCall(
  tool: Tool | undefined,
  run: ToolCallRun,
): Promise<ToolCallClosedEvent | ApprovalRequestedEvent> {
  const { onUnknownOutcome } = tool ?? {};
  if (tool === undefined || onUnknownOutcome === undefined) {
    return failCall(new Error(INTERRUPTED), { ...run, reason: 'unknown_outcome', content: INTERRUPTED });
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

async function runCall(
  tool: Tool | undefined,
  run: ToolCallRun,
): Promise<ToolCallClosedEvent | ApprovalRequestedEvent> {
  const { cancellation } = run.scope;
  if (cancellation.isCancelled) return cancelCall(run);
  if (tool === undefined) return rejectUnknownTool(run);
  try {
    return await runUntilCancelled(cancellation, () => validateAndExecute(tool, run));
  } catch (error) {
    return closeWithError(error, run);
  }
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
    await call.draft?.settle();
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
