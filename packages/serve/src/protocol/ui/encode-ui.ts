import { ConfigError, checkOptions, type OptionTable, type RunEvent } from '@pawl/core';
import type { Json, UserMessage } from '@pawl/core/chat';
import type { EventOf } from '@pawl/core/events';
import { formatCallId } from '../call-id.ts';
import { describeTransient } from '../describe-transient.ts';
import { isVoid } from '../response-texts.ts';
import { encodeOutcome } from './encode-outcome.ts';
import {
  closeTexts,
  encodeCallDelta,
  encodeDiscard,
  encodeResponse,
  encodeTextDelta,
  readCallInput,
  type StepChange,
  toCallAvailable,
  type UiStep,
} from './encode-response.ts';
import { toUserParts } from './to-user-parts.ts';
import type { UiChunk } from './ui-chunk.ts';

/** How a run is shown to a page. */
export interface UiEncoderOptions {
  /** The major version of the page's `ai`: 6 cannot remove what was discarded, and knows no steering. @defaultValue 7 */
  readonly sdk?: 6 | 7;
  /** `'whole'`: the text of a turn is sent when the turn has its response, which guards have checked then. @defaultValue 'live' */
  readonly text?: 'live' | 'whole';
  /** `'status'`: without the results of calls. @defaultValue 'full' */
  readonly toolOutput?: 'full' | 'status';
  /** Which calls of runs inside the run are shown: all, or those that wait for an answer. @defaultValue 'all' */
  readonly innerCalls?: 'all' | 'pending';
}

/** What the encoder knows of the stream so far. Plain data; a state can be used again. */
export interface UiState {
  readonly options: Required<UiEncoderOptions>;
  /** The message under way; absent before the first chunk. */
  readonly messageId?: string;
  /** The step under way. */
  readonly step?: UiStep;
  /** The calls that the message has a part for, by wire id, with the approval that each waits for. */
  readonly calls: ReadonlyMap<string, string | undefined>;
  /** How many steering messages were sent: those emitted live, and those that the journal has. */
  readonly steering: { readonly sent: number; readonly recorded: number };
  /** The user wrote while calls were pending: the next step begins another message. */
  readonly isInterrupted?: true;
  /** The response under way is void. If the run was aborted, the page keeps what it has of it. */
  readonly isDiscarded?: true;
}

export interface UiChange {
  readonly state: UiState;
  readonly chunks: readonly UiChunk[];
}

/** Returns the state before the first event. @throws ConfigError for an unknown option or value */
export function createUiState(given: UiEncoderOptions = {}): UiState {
  const {
    sdk = 7,
    text = 'live',
    toolOutput = 'full',
    innerCalls = 'all',
  } = checkOptions(given, UI_ENCODER, 'createUiState()');
  if (sdk !== 6 && sdk !== 7) throw new ConfigError(`createUiState(): sdk is ${JSON.stringify(sdk)}. Pass 6 or 7.`);
  const options = { sdk, text, toolOutput, innerCalls };
  return { options, calls: new Map(), steering: { sent: 0, recorded: 0 } };
}

const UI_ENCODER: OptionTable<UiEncoderOptions> = {
  keys: {
    sdk: 'number',
    text: { live: true, whole: true },
    toolOutput: { full: true, status: true },
    innerCalls: { all: true, pending: true },
  },
  hints: { version: 'The option is "sdk".', sdkVersion: 'The option is "sdk".' },
};

/**
 * Encodes the next event of a run as chunks. Pure: live, replayed and resumed runs give the same message.
 *
 * - Every event of a run, in order, from its first one.
 * - A run is one assistant message, whose id is the run's. A message of the user that interrupts pending calls begins another one:
 *   `<run>:<turn>`.
 */
export function encodeUiEvent(state: UiState, event: RunEvent): UiChange {
  if (state.isDiscarded === true) {
    const { isDiscarded: _, ...rest } = state;
    const { state: next, chunks } = event.type === 'run.aborted' ? { state: rest, chunks: [] } : discard(rest);
    return addBefore(chunks, encodeUiEvent(next, event));
  }
  if (event.path !== '') return encodeInnerEvent(state, event);
  if (state.messageId !== undefined) return encodeRunEvent(state, event);
  const messageId = event.runId;
  const start: UiChunk = { type: 'start', messageId, messageMetadata: { runId: messageId, agent: event.agent } };
  return addBefore([start], encodeRunEvent({ ...state, messageId }, event));
}

function encodeRunEvent(state: UiState, event: RunEvent): UiChange {
  switch (event.type) {
    case 'text.delta':
    case 'reasoning.delta':
    case 'refusal.delta':
      if (state.options.text === 'whole') return { state, chunks: [] };
      return changeStep(state, event, (step) => encodeTextDelta(step, event));
    case 'tool_call.delta':
      if (state.options.text === 'whole') return { state, chunks: [] };
      return changeStep(state, event, (step) => encodeCallDelta(step, event, state.options.sdk));
    case 'attempt.discarded':
      return { state: { ...state, isDiscarded: true }, chunks: [] };
    case 'turn.prepared':
      return recordSteering(state, event.runId, event.steeringMessages ?? []);
    case 'model.responded':
      return encodeResponded(state, event);
    case 'model.reprompted':
      return discard(state);
    case 'user.steering':
      return encodeLiveSteering(state, event);
    case 'user.interrupted':
      return { state: { ...state, isInterrupted: true }, chunks: [] };
    case 'output.partial':
      return encodePartial(state, event);
    case 'output.checked':
      return { state, chunks: event.result.ok ? [toOutputChunk(event.result.value)] : [] };
    case 'run.finished':
      return finish(state, event);
    default:
      return encodeCallEvent(state, event) ?? encodeTransient(state, event);
  }
}

/** Events of the runs inside calls: their calls are parts of the message, their text is part of the result of the outer call. */
function encodeInnerEvent(state: UiState, event: RunEvent): UiChange {
  if (state.messageId === undefined) return { state, chunks: [] };
  if (event.type !== 'model.responded') return encodeCallEvent(state, event) ?? { state, chunks: [] };
  if (state.options.innerCalls === 'pending' || isVoid(event)) return { state, chunks: [] };
  const { runId, path, turn, message } = event;
  return (message.tool_calls ?? []).reduce<UiChange>(
    (change, call, index) => addCall(change, { call, id: formatCallId({ runId, path, turn, index }) }),
    { state, chunks: [] },
  );
}

type CallEvent = Extract<RunEvent, { readonly turn: number; readonly index: number }>;

/** Encodes what happens to a call; `undefined` for other events. */
function encodeCallEvent(state: UiState, event: RunEvent): UiChange | undefined {
  if (!('index' in event) || event.type === 'tool_call.delta') return undefined;
  const id = formatCallId(event);
  if (event.type === 'approval.requested') return requestApproval(state, event, id);
  if (!state.calls.has(id)) return { state, chunks: [] };
  return { state: settleApproval(state, event, id), chunks: listCallChunks(state, event, id) };
}

function listCallChunks(state: UiState, event: CallEvent, toolCallId: string): readonly UiChunk[] {
  const approvalId = state.calls.get(toolCallId);
  switch (event.type) {
    case 'approval.answered': {
      const { answer } = event;
      const reason = answer.type === 'deny' ? answer.reason : undefined;
      const response = listApprovalResponse(state, approvalId, { approved: answer.type !== 'deny', reason });
      if (answer.type !== 'edit') return response;
      const { toolName } = event;
      return [
        ...response,
        { type: 'tool-input-available', toolCallId, toolName, input: answer.arguments, dynamic: true },
      ];
    }
    case 'approval.expired':
      return listApprovalResponse(state, approvalId, { approved: false, reason: 'No answer arrived in time.' });
    case 'tool.finished': {
      const output = state.options.toolOutput === 'full' ? event.output : { status: 'finished' };
      return [{ type: 'tool-output-available', toolCallId, output }];
    }
    case 'tool.failed': {
      const { call, toolName, reason } = event;
      const errorText = state.options.toolOutput === 'full' ? event.content : 'The call failed.';
      if (reason !== 'invalid' && reason !== 'unknown') return [{ type: 'tool-output-error', toolCallId, errorText }];
      return [{ type: 'tool-input-error', toolCallId, toolName, input: readCallInput(call), errorText, dynamic: true }];
    }
    case 'tool.skipped':
      if (event.reason === 'denied') return [{ type: 'tool-output-denied', toolCallId }];
      return [{ type: 'tool-output-error', toolCallId, errorText: event.content }];
    case 'tool.started':
      return [{ type: 'data-progress', data: { toolCallId, toolName: event.toolName }, transient: true }];
    case 'tool.progress': {
      const { toolName, progress } = event;
      return [{ type: 'data-progress', data: { toolCallId, toolName, progress }, transient: true }];
    }
    case 'approval.requested':
    case 'approval.not_required':
    case 'tool.suspended':
    case 'tool.late_result':
    case 'tool_call.delta':
      return [];
  }
}

function requestApproval(before: UiState, event: EventOf<'approval.requested'>, toolCallId: string): UiChange {
  const { runId, pending } = event;
  const { state, chunks } = addCall({ state: before, chunks: [] }, { call: pending.call, id: toolCallId });
  // The page gives the result itself: to `addToolOutput`, which needs no approval.
  if (pending.reason === 'external_result') return { state, chunks };
  const { id, reason, accepts, fingerprint: signature, preview } = pending;
  const approvalId = `${runId}.${id}`;
  const approvalDescriptor = { reason, accepts, ...(preview !== undefined && { preview }) };
  return {
    state: setCall(state, toolCallId, approvalId),
    chunks: [...chunks, { type: 'tool-approval-request', approvalId, toolCallId, signature, approvalDescriptor }],
  };
}

function listApprovalResponse(
  { options }: UiState,
  approvalId: string | undefined,
  { approved, reason }: { readonly approved: boolean; readonly reason: string | undefined },
): readonly UiChunk[] {
  if (approvalId === undefined || options.sdk === 6) return [];
  return [{ type: 'tool-approval-response', approvalId, approved, ...(reason !== undefined && { reason }) }];
}

function settleApproval(state: UiState, event: CallEvent, id: string): UiState {
  const isSettled = event.type === 'approval.answered' || event.type === 'approval.expired';
  return isSettled && state.calls.get(id) !== undefined ? setCall(state, id, undefined) : state;
}

interface NewCall {
  readonly call: EventOf<'tool.started'>['call'];
  readonly id: string;
}

/** Adds the part of a call, if the message does not have it. */
function addCall({ state, chunks }: UiChange, { call, id }: NewCall): UiChange {
  if (state.calls.has(id)) return { state, chunks };
  return { state: setCall(state, id, undefined), chunks: [...chunks, toCallAvailable({ id, call })] };
}

function setCall(state: UiState, id: string, approvalId: string | undefined): UiState {
  return { ...state, calls: new Map(state.calls).set(id, approvalId) };
}

function encodeResponded(before: UiState, event: EventOf<'model.responded'>): UiChange {
  const { runId, path, turn, message } = event;
  const first = recordSteering(before, runId, event.steeringMessages?.before ?? []);
  const response = encodeParts(first.state, event);
  const ids = (message.tool_calls ?? []).map((_, index) => formatCallId({ runId, path, turn, index }));
  const known = isVoid(event) ? [] : ids.map((id) => [id, undefined] as const);
  const state = { ...response.state, calls: new Map([...response.state.calls, ...known]) };
  const last = recordSteering(state, runId, event.steeringMessages?.after ?? []);
  return { state: last.state, chunks: [...first.chunks, ...response.chunks, ...last.chunks] };
}

function encodeParts(state: UiState, event: EventOf<'model.responded'>): UiChange {
  const { sdk } = state.options;
  if (isVoid(event)) return changeStep(state, event, (step) => encodeDiscard(step, sdk));
  if (!hasRecordedParts(event)) return { state, chunks: [] };
  return changeStep(state, event, (step) => encodeResponse(step, event, sdk));
}

function hasRecordedParts({ message }: EventOf<'model.responded'>): boolean {
  const { content, refusal, reasoning_content, reasoning, tool_calls: calls } = message;
  return [content, refusal, reasoning_content, reasoning, calls].some((field) => (field ?? '').length > 0);
}

/** Changes the step of a turn, which begins with its first part. */
function changeStep(
  before: UiState,
  { runId, agent, turn }: RunEvent & { readonly turn: number },
  change: (step: UiStep) => StepChange,
): UiChange {
  if (before.step?.turn === turn) {
    const { step, chunks } = change(before.step);
    return { state: { ...before, step }, chunks };
  }
  const ended = endStep(before);
  const { isInterrupted, ...state } = ended.state;
  const { step, chunks } = change({ turn, parts: [] });
  if (isInterrupted === undefined) {
    return { state: { ...state, step }, chunks: [...ended.chunks, { type: 'start-step' }, ...chunks] };
  }
  const messageId = `${runId}:${turn}`;
  const start: UiChunk = { type: 'start', messageId, messageMetadata: { runId, agent } };
  // The calls before have their results: the new message has no part for them.
  const next: UiState = { ...state, messageId, step, calls: new Map() };
  return { state: next, chunks: [...ended.chunks, start, { type: 'start-step' }, ...chunks] };
}

function endStep(state: UiState): UiChange {
  const { step, ...rest } = state;
  if (step === undefined) return { state, chunks: [] };
  return { state: rest, chunks: [...closeTexts(step), { type: 'finish-step' }] };
}

function discard(state: UiState): UiChange {
  if (state.step === undefined) return { state, chunks: [] };
  const { step, chunks } = encodeDiscard(state.step, state.options.sdk);
  return { state: { ...state, step }, chunks };
}

/** A message that arrives while a response is streamed is shown after it: the journal has it with the response. */
function encodeLiveSteering(state: UiState, { turn, runId, message }: EventOf<'user.steering'>): UiChange {
  if (state.step?.turn === turn) return { state, chunks: [] };
  const { sent, recorded } = state.steering;
  return sendSteering({ ...state, steering: { sent: sent + 1, recorded } }, [
    { id: `${runId}.steering.${sent}`, message },
  ]);
}

/** Sends the messages that were not sent live. */
function recordSteering(state: UiState, runId: string, messages: readonly UserMessage[]): UiChange {
  if (messages.length === 0) return { state, chunks: [] };
  const { sent, recorded } = state.steering;
  const known = sent - recorded;
  const steering = { sent: Math.max(sent, recorded + messages.length), recorded: recorded + messages.length };
  const fresh = messages.slice(known).map((message, at) => ({ id: `${runId}.steering.${sent + at}`, message }));
  return sendSteering({ ...state, steering }, fresh);
}

interface SteeringMessage {
  readonly id: string;
  readonly message: UserMessage;
}

function sendSteering(before: UiState, messages: readonly SteeringMessage[]): UiChange {
  if (messages.length === 0) return { state: before, chunks: [] };
  const { state, chunks } = endStep(before);
  const sent = messages.map(({ id, message }): UiChunk => {
    const parts = toUserParts(message);
    if (before.options.sdk !== 6) return { type: 'steering-message', id, parts };
    return { type: 'data-steering-message', id, data: { parts: parts.map((part) => ({ ...part })) } };
  });
  return { state, chunks: [...chunks, ...sent] };
}

function finish(before: UiState, { outcome }: EventOf<'run.finished'>): UiChange {
  const { state, chunks } = endStep(before);
  const hasRefusal = before.step?.parts.some(({ kind }) => kind === 'refusal') === true;
  return { state, chunks: [...chunks, ...encodeOutcome(outcome, { hasRefusal })] };
}

function hasParts({ step }: UiState): boolean {
  return step?.parts.some(({ kind }) => kind !== 'reasoning') === true;
}

/** A part for the output stands after the text that it is read from. */
function encodePartial(state: UiState, { turn, partial }: EventOf<'output.partial'>): UiChange {
  const { step, options } = state;
  if (options.text === 'whole' || step?.turn !== turn || !hasParts(state)) return { state, chunks: [] };
  return { state: { ...state, step: { ...step, hasPartialOutput: true } }, chunks: [toOutputChunk(partial)] };
}

function toOutputChunk(data: Json): UiChunk {
  return { type: 'data-output', id: 'output', data };
}

/** Encodes what a page may show while it happens, and does not keep. */
function encodeTransient(state: UiState, event: RunEvent): UiChange {
  const data = describeTransient(event);
  return { state, chunks: data === undefined ? [] : [{ type: 'data-pawl', data, transient: true }] };
}

function addBefore(chunks: readonly UiChunk[], change: UiChange): UiChange {
  return { state: change.state, chunks: [...chunks, ...change.chunks] };
}
