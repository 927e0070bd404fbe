import { type Cancellation, runUntilCancelled } from '../base/cancellation.ts';
import { copyJson } from '../base/copy-json.ts';
import { type Json, stringifyCanonical } from '../base/json.ts';
import { computeSha256 } from '../base/sha256.ts';
import { CANCELLED } from '../chat/history.ts';
import { callName, type ToolCall } from '../chat/message.ts';
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
import type { PendingCall } from '../event/outcome.ts';
import type { PendingAnswer, WaitOptions, WaitResult } from '../host/step-runner.ts';
import type { AwaitAnswers, CheckCalls } from '../loop/action.ts';
import { hasBegun } from '../loop/calls.ts';
import type { CallState } from '../loop/state.ts';
import type { ValidationResult } from '../schema/schema.ts';
import { parseCallArguments, readArguments } from '../tool/arguments.ts';
import type { Tool } from '../tool/tool.ts';
import { toResult, truncateResult } from '../tool/tool-result.ts';
import type { Scope } from './scope.ts';
import {
  answerStep,
  checkStep,
  factStep,
  fromOutside,
  innerWaitName,
  stamp,
  stepName,
  toInterruption,
  waitName,
} from './step.ts';
import { ToolCallContext, type ToolCallScope } from './tool-call.ts';

/** Asks each call's tool whether the call waits for an answer from outside. A tool of another turn and bad arguments need none: they will not run. */
export function checkCalls({ turn, calls, again }: CheckCalls, scope: Scope): Promise<readonly JournalEvent[]> {
  const steps = calls.map((state) => {
    const { index } = state;
    const repeats = again === undefined ? 0 : state.repeats + 1;
    const work = async (): Promise<ApprovalRequestedEvent | ApprovalNotRequiredEvent> => {
      const call = { turn, state, repeats, scope };
      const { cancellation } = scope;
      const pending = await runUntilCancelled(cancellation, () => findPending(call)).catch(
        ignoreCancellation(cancellation),
      );
      const position = { turn, index, ...stamp(scope) };
      if (pending === undefined) return { type: 'approval.not_required', ...position };
      return { type: 'approval.requested', pending, ...position, ...(again !== undefined && { again }) };
    };
    return factStep<JournalEvent>(scope, { name: checkStep({ turn, index, repeats }), effect: 'read', work });
  });
  return scope.stepRunner.parallel(steps, { width: scope.maxParallelToolCalls });
}

/** A cancelled run asks nobody, and runs nothing either. Any other error must not waive the approval. */
function ignoreCancellation(cancellation: Cancellation): (error: unknown) => undefined {
  return (error) => {
    if (!cancellation.isCancelled) throw error;
    return undefined;
  };
}

interface RepeatedCall extends ToolCallScope {
  /** How often the call was asked for, beyond the first time. */
  readonly repeats?: number;
}

async function findPending({ turn, state, scope, repeats = 0 }: RepeatedCall): Promise<PendingCall | undefined> {
  const name = callName(state.call);
  const tool = scope.definition.tools.get(name);
  if (tool === undefined || scope.known().tools?.includes(name) === false) return undefined;
  const validated = await readArguments(tool, state.call);
  if (!validated.ok) return undefined;
  const call = { state, turn, repeats, scope, validated };
  if (repeats > 0) return makePending(tool, { reason: state.pending?.reason ?? 'approval', ...call });
  if (tool.hasExternalResult) return makePending(tool, { reason: 'external_result', ...call });
  if (!(await checkApproval(tool, call))) return undefined;
  return makePending(tool, { reason: 'approval', ...call });
}

interface PendingScope extends RepeatedCall, ValidatedScope {
  readonly reason: PendingCall['reason'];
  /** @defaultValue what the tool's own preview gives */
  readonly shown?: Json;
}

/** The call as the person or system sees it that is asked. From here on it can be answered. */
export async function makePending(tool: Tool, pending: PendingScope): Promise<PendingCall> {
  const { reason, state, turn, scope, repeats = state.repeats, ...known } = pending;
  const { call, doubts, index } = state;
  const input = readInput(tool, call);
  const preview = makeStorable(
    known.shown ?? (await readPreview(tool, { turn, state, scope, validated: known.validated })),
  );
  const definitionHash = scope.policy.definitionOf(callName(call));
  const fingerprint = await hashCall(call, { input, definitionHash });
  const name = waitName({ turn, index, repeats, doubts: hasBegun(reason) ? doubts + 1 : doubts });
  const shown = { id: fromOutside(scope, name), reason, accepts: [...ACCEPTED[reason]], call, input, fingerprint };
  const asked = definitionHash === undefined ? shown : { ...shown, definitionHash };
  // Before the request is reported: the answer may come at once, while parallel calls are still checked.
  await waitForAnswer(asked, { name, scope, ahead: true });
  return preview === undefined ? asked : { ...asked, preview };
}

const ACCEPTED: Readonly<Record<PendingCall['reason'], PendingCall['accepts']>> = {
  approval: ['approve', 'deny', 'edit'],
  external_result: ['result', 'deny'],
  unknown_outcome: ['approve', 'result', 'deny'],
  suspended: ['approve', 'result', 'deny'],
};

/** What the model wrote, for a person to see: a custom tool's text as it is, whichever kind of call brought it. */
function readInput(tool: Tool, call: ToolCall): Json {
  const parsed = parseCallArguments(tool, call);
  const input = (parsed.ok ? parsed.value : null) as Json; // JSON.parse gives nothing else.
  return tool.customObject === undefined ? input : (input as { readonly input: string }).input; // It was validated.
}

interface ValidatedScope extends ToolCallScope {
  readonly validated: Extract<ValidationResult, { ok: true }>;
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

/** A value that JSON cannot hold would break the run when it is stored. */
function makeStorable(preview: Json | undefined): Json | undefined {
  if (preview === undefined) return undefined;
  try {
    return copyJson(preview, { where: 'The preview failed', name: 'preview', ignoresUndefined: true });
  } catch (error) {
    return getErrorMessage(error);
  }
}

/** SHA-256 over the call's id, its tool, its exact arguments and the tool's definition, in hexadecimal. */
function hashCall(
  call: ToolCall,
  { input, definitionHash }: Pick<PendingCall, 'input'> & { readonly definitionHash: string | undefined },
): Promise<string> {
  return computeSha256(stringifyCanonical([call.id, callName(call), input, definitionHash ?? null]));
}

interface WaitForOptions extends Pick<WaitOptions, 'ahead'> {
  /** What it waits under, within its run. */
  readonly name: string;
  readonly scope: Scope;
}

/** Waits for the answer to a pending call, or announces that the run will wait for one. */
function waitForAnswer(
  { fingerprint, accepts, call }: PendingCall,
  { name, scope, ...ahead }: WaitForOptions,
): Promise<WaitResult<PendingAnswer>> {
  const { definition, stepRunner } = scope;
  // A call that accepts no answer waits for the user alone, who has no deadline.
  const tool = accepts.length === 0 ? undefined : definition.tools.get(callName(call));
  const timeoutMs = tool?.approvalTimeoutMs ?? Number.POSITIVE_INFINITY;
  return stepRunner.waitFor<PendingAnswer>(name, { fingerprint, accepts, timeoutMs, ...ahead });
}

/** Waits for each pending call's answer, in the order of the calls, and records what it got. */
export async function awaitAnswers({ turn, calls }: AwaitAnswers, scope: Scope): Promise<readonly JournalEvent[]> {
  const facts: JournalEvent[] = [];
  const parked: string[] = [];
  for (const state of calls) {
    const { inner } = state;
    const waiting = inner === undefined ? state.pending : makeOuterPending(state);
    if (waiting === undefined) continue;
    const name = inner === undefined ? waitName({ turn, ...state }) : innerWaitName({ turn, ...state });
    const waited = await waitForAnswer(waiting, { name, scope });
    if (waited.type === 'parked' || isInterruptedInside(waited, scope)) {
      parked.push(...(inner ?? [waiting]).map(({ id }) => id));
    } else {
      facts.push(...(await recordAnswer(waited, { turn, state, scope, pending: waiting })));
    }
  }
  if (parked.length === 0) return facts;
  const { cancellation } = scope;
  const end: JournalEvent = cancellation.isCancelled
    ? toInterruption(scope, { turn, reason: cancellation.reason })
    : { type: 'run.suspended', turn, pending: parked, ...stamp(scope) };
  scope.tell.fact(end, { replayed: false });
  return [...facts, end];
}

/** The call that an agent inside is. Nobody can answer it, but the user may write while that agent waits. */
function makeOuterPending({ call }: CallState): PendingCall {
  return { id: '', reason: 'suspended', accepts: [], call, input: null, fingerprint: '' };
}

/** What the user writes goes to the run itself, which closes the call that this run inside it is. Until then this run just waits. */
function isInterruptedInside(waited: WaitEnd, { path }: Scope): boolean {
  return path !== '' && waited.type === 'answered' && waited.value.type === 'interrupt';
}

interface AnsweredCall extends ToolCallScope {
  readonly pending: PendingCall;
}

type WaitEnd = Exclude<WaitResult<PendingAnswer>, { type: 'parked' }>;

/** The answer is one fact. If it also ends the call, that is another one. */
async function recordAnswer(waited: WaitEnd, call: AnsweredCall): Promise<readonly JournalEvent[]> {
  const { turn, state, scope } = call;
  const fact = answerFact(waited, call);
  const first = factStep<JournalEvent>(scope, {
    name: answerStep({ turn, ...state }),
    effect: 'read',
    work: async () => fact,
  });
  const closed = closeAnswered(waited, call);
  if (closed === undefined) return [await scope.stepRunner.step(first)];
  const name = stepName({ turn, ...state });
  const second = factStep<JournalEvent>(scope, { name, effect: 'read', work: async () => closed });
  return [await scope.stepRunner.step(first), await scope.stepRunner.step(second)];
}

function answerFact(
  waited: WaitEnd,
  { turn, state, scope }: ToolCallScope,
): ApprovalAnsweredEvent | ApprovalExpiredEvent | UserInterruptedEvent {
  const position = { turn, index: state.index, ...stamp(scope) };
  if (waited.type === 'expired') return { type: 'approval.expired', ...position };
  const { value } = waited;
  if (value.type === 'interrupt') return { type: 'user.interrupted', ...position, message: value.message };
  return { type: 'approval.answered', ...position, answer: value };
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
      return undefined;
    case 'deny':
      return skip('denied', denialText(value, pending));
    case 'result':
      return closeWithResult(value, { position, pending, tool: scope.definition.tools.get(callName(state.call)) });
    case 'interrupt':
      return skip('cancelled', interruptedText(state, pending));
  }
}

interface PendingResponse {
  readonly position: Pick<ToolFinishedEvent, 'turn' | 'index' | 'call' | 'at' | 'activeMs'>;
  readonly pending: PendingCall;
  /** Absent if the agent has changed since. */
  readonly tool: Tool | undefined;
}

/** The result is recorded, so that the reply is read once. */
function closeWithResult(
  { value }: Extract<Answer, { type: 'result' }>,
  { position, pending, tool }: PendingResponse,
): ToolCallClosedEvent {
  const maxLength = tool?.maxResultLength ?? Number.POSITIVE_INFINITY;
  try {
    // A call that had begun gets the value as its result.
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

function denialText({ reason }: Extract<Answer, { type: 'deny' }>, pending: PendingCall): string {
  return reason === undefined ? DENIED[pending.reason] : `${DENIED[pending.reason]} Reason: ${reason}`;
}

function interruptedText({ inner }: CallState, { reason }: PendingCall): string {
  if (inner !== undefined) return 'Cancelled: the user wrote while this agent waited. What it did before stays done.';
  return reason === 'unknown_outcome' ? UNTOLD : CANCELLED;
}

const UNKNOWN = 'The outcome of this call is unknown: the process stopped while it ran.';

const UNTOLD = `${UNKNOWN} It may or may not have had its effect: nobody said.`;

const DENIED: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'Denied: a person did not approve this call.',
  external_result: 'Denied: this call was not answered.',
  suspended: 'Denied: this call waited for somebody, who ended it.',
  unknown_outcome: `${UNKNOWN} A person decided that it is not run again.`,
};

const EXPIRED: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'Denied: nobody approved this call in time.',
  external_result: 'Denied: nobody answered this call in time.',
  suspended: 'Denied: this call waited for somebody, and nobody came in time.',
  unknown_outcome: `${UNKNOWN} Nobody said in time what came of it.`,
};
