import { type Cancellation, runUntilCancelled } from '../base/cancellation.ts';
import { copyJson } from '../base/copy-json.ts';
import { type Json, stringifyCanonical } from '../base/json.ts';
import { computeSha256 } from '../base/sha256.ts';
import { CANCELLED } from '../chat/history.ts';
import { getCallName, type ToolCall } from '../chat/message.ts';
import type { Answer } from '../event/answer.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import { getErrorMessage, toErrorData } from '../event/error-data.ts';
import type {
  ApprovalAnsweredEvent,
  ApprovalExpiredEvent,
  ApprovalNotRequiredEvent,
  ApprovalRequestedEvent,
  JournalEvent,
  ToolCallClosedEvent,
  ToolFinishedEvent,
  ToolSkippedEvent,
  UserInterruptedEvent,
} from '../event/journal-event.ts';
import type { PendingCall, StandingApproval } from '../event/outcome.ts';
import type { PendingAnswer, WaitOptions, WaitResult } from '../host/step-runner.ts';
import type { AwaitAnswers, CheckCalls } from '../loop/action.ts';
import { hasBegun } from '../loop/calls.ts';
import type { CallState } from '../loop/state.ts';
import { parseCallArguments, readArguments } from '../tool/arguments.ts';
import type { Tool } from '../tool/tool.ts';
import { toResult, truncateResult } from '../tool/tool-result.ts';
import { instrumentToolCall } from './instrumentation.ts';
import type { Scope } from './scope.ts';
import { createStandingApproval, findStandingApproval, readStandingApproval } from './standing-approvals.ts';
import {
  addPath,
  createEventStep,
  formatAnswerStep,
  formatCheckStep,
  formatNestedWait,
  formatResultStep,
  formatWait,
  stamp,
  toInterruption,
} from './step.ts';
import { describeCall, ToolCallContext, type ToolCallScope, type ValidatedScope } from './tool-call.ts';

/** Asks the tool of each call whether the call needs an external answer. A call with a missing tool or invalid input needs none: it will not run. */
export function checkCalls(
  { turn, calls, repeatReason: again }: CheckCalls,
  scope: Scope,
): Promise<readonly JournalEvent[]> {
  const steps = calls.map((state) => {
    const { index } = state;
    const repeats = again === undefined ? 0 : state.repeats + 1;
    const work = async (): Promise<ApprovalRequestedEvent | ApprovalNotRequiredEvent> => {
      const call = { turn, state, repeats, scope };
      const { cancellation } = scope;
      const found = await runUntilCancelled(cancellation, () => findPendingCall(call)).catch(
        ignoreCancellation(cancellation),
      );
      const position = { turn, index, ...stamp(scope) };
      if (found === undefined) return { type: 'approval.not_required', ...position };
      if ('covers' in found) return { type: 'approval.not_required', standingApproval: found, ...position };
      const pending = found;
      const request = { type: 'approval.requested', pending, ...position } as const;
      if (again === undefined) return request;
      const { suspendedState: kept } = state;
      return { ...request, again, ...(pending.reason === 'suspended' && kept !== undefined && { state: kept }) };
    };
    return createEventStep<JournalEvent>(scope, {
      name: formatCheckStep({ turn, index, repeats }),
      effect: 'read',
      work,
    });
  });
  return scope.stepRunner.parallel(steps, { width: scope.maxParallelToolCalls });
}

/** A cancelled run requests no approval, and runs no call either. Any other error must not skip the approval. */
function ignoreCancellation(cancellation: Cancellation): (error: unknown) => undefined {
  return (error) => {
    if (!cancellation.isCancelled) throw error;
    return undefined;
  };
}

interface RepeatedCall extends ToolCallScope {
  /** How often approval was requested again. */
  readonly repeats?: number;
}

/** Returns the pending call, or the approval of an earlier call that covers this one. */
async function findPendingCall({
  turn,
  state,
  scope,
  repeats = 0,
}: RepeatedCall): Promise<PendingCall | StandingApproval | undefined> {
  const name = getCallName(state.call);
  const tool = scope.definition.tools.get(name);
  if (tool === undefined || scope.getState().tools?.includes(name) === false) return undefined;
  const validated = await readArguments(tool, state.call);
  if (!validated.ok) return undefined;
  const call = { state, turn, repeats, scope, validated };
  if (repeats > 0) return repeatPendingCall(tool, call);
  if (tool.hasExternalResult) return createPendingCall(tool, { reason: 'external_result', ...call });
  if (!(await checkApproval(tool, call))) return undefined;
  return (await findStandingApproval(tool, call)) ?? createPendingCall(tool, { reason: 'approval', ...call });
}

/** Creates the pending call again. A suspended call keeps its state and the preview that belongs to it. */
function repeatPendingCall(tool: Tool, call: RepeatedCall & ValidatedScope): Promise<PendingCall> {
  const { pending, suspendedState } = call.state;
  const { reason = 'approval', preview: shown } = pending ?? {};
  return createPendingCall(tool, { reason, ...call, ...(reason === 'suspended' && { shown, suspendedState }) });
}

interface PendingScope extends RepeatedCall, ValidatedScope {
  readonly reason: PendingCall['reason'];
  /** @defaultValue the result of the tool's `preview` */
  readonly shown?: Json | undefined;
  /** The state with which the tool suspended the call. */
  readonly suspendedState?: Json | undefined;
}

/** Creates the pending call that a person or system sees, and announces the wait: from then on it can be answered. */
export async function createPendingCall(tool: Tool, pending: PendingScope): Promise<PendingCall> {
  const { reason, state, turn, scope, repeats = state.repeats, ...known } = pending;
  const { call, unknownOutcomes, index } = state;
  const input = readInput(tool, call);
  const preview = makeStorable(
    known.shown ?? (await readPreview(tool, { turn, state, scope, validated: known.validated })),
  );
  const definitionHash = scope.policy.getDefinitionHash(getCallName(call));
  const standingApproval =
    reason === 'approval' && definitionHash !== undefined
      ? await readStandingApproval(tool, { turn, state, scope, validated: known.validated })
      : undefined;
  const fingerprint = await hashCall(call, { input, definitionHash, standingApproval });
  const isAskedAgain = repeats > state.repeats; // It has not run since.
  const name = formatWait({
    turn,
    index,
    repeats,
    unknownOutcomes: hasBegun(reason) && !isAskedAgain ? unknownOutcomes + 1 : unknownOutcomes,
  });
  const accepts = [...(known.suspendedState === undefined ? ACCEPTED[reason] : ACCEPTED_WITH_STATE)];
  if (standingApproval !== undefined) accepts.push('approve_always');
  const shown = { id: addPath(scope, name), reason, accepts, call, input, fingerprint };
  const pendingCall = {
    ...shown,
    ...(definitionHash !== undefined && { definitionHash }),
    ...(standingApproval !== undefined && { standingApproval }),
  };
  // Before the event is emitted: an answer may arrive immediately, while parallel calls are still checked.
  await waitForAnswer(pendingCall, { name, scope, ahead: true });
  return preview === undefined ? pendingCall : { ...pendingCall, preview };
}

const ACCEPTED: Readonly<Record<PendingCall['reason'], PendingCall['accepts']>> = {
  approval: ['approve', 'deny', 'edit'],
  external_result: ['result', 'deny'],
  unknown_outcome: ['approve', 'result', 'deny'],
  suspended: ['approve', 'result', 'deny'],
};

/** A tool that suspends with a state expects a value. */
const ACCEPTED_WITH_STATE: PendingCall['accepts'] = ['resume', 'deny'];

/** Returns the input for a person to see. The text of a custom tool is shown as text, even if the call has the form of a function. */
function readInput(tool: Tool, call: ToolCall): Json {
  const parsed = parseCallArguments(tool, call);
  const input = (parsed.ok ? parsed.value : null) as Json; // `JSON.parse` returns JSON.
  return tool.customObject === undefined ? input : (input as { readonly input: string }).input; // It was validated.
}

/** If `needsApproval` throws, the call needs approval: an error must never let a tool run. */
async function checkApproval({ needsApproval }: Tool, { validated, ...call }: ValidatedScope): Promise<boolean> {
  if (typeof needsApproval === 'boolean') return needsApproval;
  try {
    return await needsApproval(validated.value, new ToolCallContext(call));
  } catch {
    return true;
  }
}

async function readPreview({ preview }: Tool, { validated, ...call }: ValidatedScope): Promise<Json | undefined> {
  try {
    return await preview?.(validated.value, new ToolCallContext(call));
  } catch (error) {
    return `The preview failed: ${getErrorMessage(error)}`;
  }
}

/** Replaces a preview that is not JSON: storing it would fail the run. */
function makeStorable(preview: Json | undefined): Json | undefined {
  if (preview === undefined) return undefined;
  try {
    return copyJson(preview, { where: 'The preview failed', name: 'preview', ignoresUndefined: true });
  } catch (error) {
    return getErrorMessage(error);
  }
}

interface ShownCall {
  readonly input: Json;
  readonly definitionHash: string | undefined;
  readonly standingApproval: Json | undefined;
}

/** Returns the hexadecimal SHA-256 of the call's id, tool and exact arguments, the tool's definition, and the offered standing approval. */
function hashCall(call: ToolCall, { input, definitionHash, standingApproval }: ShownCall): Promise<string> {
  const offered = standingApproval === undefined ? [] : [standingApproval];
  return computeSha256(stringifyCanonical([call.id, getCallName(call), input, definitionHash ?? null, ...offered]));
}

interface WaitForOptions extends Pick<WaitOptions, 'ahead'> {
  /** The name of the wait within its run. */
  readonly name: string;
  readonly scope: Scope;
}

/** Waits for the answer to a pending call, or announces the wait with `ahead`. */
function waitForAnswer(
  { fingerprint, accepts, call }: PendingCall,
  { name, scope, ...ahead }: WaitForOptions,
): Promise<WaitResult<PendingAnswer>> {
  const { definition, stepRunner } = scope;
  // A call that accepts no answer waits only for a user message, which has no deadline.
  const tool = accepts.length === 0 ? undefined : definition.tools.get(getCallName(call));
  const timeoutMs = tool?.approvalTimeoutMs ?? Number.POSITIVE_INFINITY;
  return stepRunner.waitFor<PendingAnswer>(name, { fingerprint, accepts, timeoutMs, ...ahead });
}

/** Waits for the answers to the pending calls, in the order of the calls, and records them. */
export async function awaitAnswers({ turn, calls }: AwaitAnswers, scope: Scope): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  const parked: string[] = [];
  for (const state of calls) {
    const { nestedPending } = state;
    const waiting = nestedPending === undefined ? state.pending : createOuterPendingCall(state);
    if (waiting === undefined) continue;
    const name = nestedPending === undefined ? formatWait({ turn, ...state }) : formatNestedWait({ turn, ...state });
    const waited = await waitForAnswer(waiting, { name, scope });
    if (waited.type === 'parked' || isInterruptedInside(waited, scope)) {
      parked.push(...(nestedPending ?? [waiting]).map(({ id }) => id));
    } else {
      events.push(...(await recordAnswer(waited, { turn, state, scope, pending: waiting })));
    }
  }
  if (parked.length === 0) return events;
  const { cancellation } = scope;
  const end: JournalEvent = cancellation.isCancelled
    ? toInterruption(scope, { turn, reason: cancellation.reason })
    : { type: 'run.suspended', turn, pending: parked, ...stamp(scope) };
  scope.events.emitJournalEvent(end, { replayed: false });
  return [...events, end];
}

/** Creates the pending call for an agent that waits. Nothing can answer it, but the user may write meanwhile. */
function createOuterPendingCall({ call }: CallState): PendingCall {
  return { id: '', reason: 'suspended', accepts: [], call, input: null, fingerprint: '' };
}

/** A user message goes to the run whose call this nested run is, which closes that call. Until then the nested run keeps waiting. */
function isInterruptedInside(waited: WaitEnd, { isInsideCall }: Scope): boolean {
  return isInsideCall && waited.type === 'answered' && waited.value.type === 'interrupt';
}

interface AnsweredCall extends ToolCallScope {
  readonly pending: PendingCall;
}

type WaitEnd = Exclude<WaitResult<PendingAnswer>, { type: 'parked' }>;

/** Records the answer as one event. If the answer also closes the call, that is a second event. */
async function recordAnswer(waited: WaitEnd, call: AnsweredCall): Promise<readonly JournalEvent[]> {
  const { turn, state, scope } = call;
  const event = createAnswerEvent(waited, call);
  const first = createEventStep<JournalEvent>(scope, {
    name: formatAnswerStep({ turn, ...state }),
    effect: 'read',
    work: async () => event,
  });
  const closed = closeAnswered(waited, call);
  if (closed === undefined) return [await scope.stepRunner.step(first)];
  const name = formatResultStep({ turn, ...state });
  const tool = scope.definition.tools.get(getCallName(state.call));
  const close = (): Promise<JournalEvent> =>
    instrumentToolCall(
      scope,
      () => describeCall(tool, { turn, state, kind: 'closed' }),
      async () => closed,
    );
  const second = createEventStep<JournalEvent>(scope, { name, effect: 'read', work: close });
  return [await scope.stepRunner.step(first), await scope.stepRunner.step(second)];
}

function createAnswerEvent(
  waited: WaitEnd,
  { turn, state, scope, pending }: AnsweredCall,
): ApprovalAnsweredEvent | ApprovalExpiredEvent | UserInterruptedEvent {
  const position = { turn, index: state.index, ...stamp(scope) };
  if (waited.type === 'expired') return { type: 'approval.expired', ...position };
  const { value } = waited;
  const by = waited.by === undefined ? {} : { by: waited.by };
  if (value.type === 'interrupt') return { type: 'user.interrupted', ...position, message: value.message, ...by };
  const given = value.type === 'approve' && value.always === true && createStandingApproval(pending, scope);
  return {
    type: 'approval.answered',
    ...position,
    answer: value,
    ...by,
    ...(given && { standingApproval: { ...given, ...by } }),
  };
}

function closeAnswered(
  waited: WaitEnd,
  { turn, state, scope, pending }: AnsweredCall,
): ToolCallClosedEvent | undefined {
  const position = { turn, index: state.index, ...stamp(scope), call: state.call };
  const skip = (reason: ToolSkippedEvent['reason'], content: string): ToolSkippedEvent => {
    return { type: 'tool.skipped', ...position, reason, content };
  };
  if (waited.type === 'expired') return skip('denied', EXPIRED[pending.reason]);
  const { value } = waited;
  switch (value.type) {
    case 'approve':
    case 'edit':
    case 'resume':
      return undefined;
    case 'deny':
      return skip('denied', describeDenial(value, pending));
    case 'result':
      return closeWithExternalResult(value, {
        position,
        pending,
        tool: scope.definition.tools.get(getCallName(state.call)),
      });
    case 'interrupt':
      return skip('cancelled', describeInterruption(state, pending));
  }
}

interface ExternalResult {
  readonly position: Pick<ToolFinishedEvent, 'turn' | 'index' | 'call' | 'at' | 'activeMs'>;
  readonly pending: PendingCall;
  /** Absent if the agent no longer has the tool. */
  readonly tool: Tool | undefined;
}

/** Parses an external result. The parsed result is recorded, so `parseExternalResult` runs once. */
function closeWithExternalResult(
  { value }: Extract<Answer, { type: 'result' }>,
  { position, pending, tool }: ExternalResult,
): ToolCallClosedEvent {
  const maxLength = tool?.maxResultLength ?? Number.POSITIVE_INFINITY;
  try {
    // If the call had started, the value itself is the result.
    const read =
      pending.reason === 'external_result' && tool?.parseExternalResult
        ? tool.parseExternalResult(value, pending.input)
        : value;
    return { type: 'tool.finished', ...position, durationMs: 0, ...toResult(read, { maxLength }) };
  } catch (error) {
    const { content } = truncateResult(describeForModel(error), maxLength);
    return { type: 'tool.failed', ...position, durationMs: 0, reason: 'threw', content, error: toErrorData(error) };
  }
}

function describeDenial({ reason }: Extract<Answer, { type: 'deny' }>, pending: PendingCall): string {
  return reason === undefined ? DENIED[pending.reason] : `${DENIED[pending.reason]} Reason: ${reason}`;
}

function describeInterruption({ nestedPending }: CallState, { reason }: PendingCall): string {
  if (nestedPending !== undefined)
    return 'Cancelled: the user wrote a message while this agent waited. Its completed work stays done.';
  return reason === 'unknown_outcome' ? UNKNOWN_UNANSWERED : CANCELLED;
}

const UNKNOWN = 'The outcome of this call is unknown.';

const UNKNOWN_UNANSWERED = `${UNKNOWN} It may have had its effect. No decision was made.`;

const DENIED: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'Denied: a person did not approve this call.',
  external_result: 'Denied: this call got no external result.',
  suspended: 'Denied: a person ended this call while it waited.',
  unknown_outcome: `${UNKNOWN} A person decided not to run it again.`,
};

const EXPIRED: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'Denied: this call was not approved in time.',
  external_result: 'Denied: this call got no external result in time.',
  suspended: 'Denied: this call got no external answer in time.',
  unknown_outcome: `${UNKNOWN} No decision was made in time.`,
};
