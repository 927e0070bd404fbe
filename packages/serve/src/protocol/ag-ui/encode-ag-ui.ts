import type { RunEvent } from '@pawl/core';
import type { Json, UserMessage } from '@pawl/core/chat';
import { type EventOf, foldStateChange } from '@pawl/core/events';
import { formatCallId } from '../call-id.ts';
import { describeTransient } from '../describe-transient.ts';
import { isVoid } from '../response-texts.ts';
import { AgUiDraft } from './ag-ui-draft.ts';
import type { AgUiEvent, AgUiMessage } from './ag-ui-event.ts';
import { toAgUiRunEnd, toLegacyRunEnd } from './ag-ui-outcome.ts';
import type { AgUiState } from './ag-ui-state.ts';
import { addCallDelta, addTextDelta, completeTurn } from './ag-ui-turn.ts';
import { addSpent, toUsage } from './spent-tokens.ts';
import { addMessage, findTurn, replaceTurn, toUserContent } from './thread-messages.ts';

export interface AgUiChange {
  readonly state: AgUiState;
  readonly events: readonly AgUiEvent[];
}

/**
 * Encodes the next event of a run for AG-UI 1.0. Pure: live, replayed and resumed runs give the same messages.
 *
 * - Every event of a run, in order, from its first one. Those that a client has already are skipped: the ones that a resumed run replays, and those
 *   that you pass to `skipAgUiEvent`. The stream then begins with a snapshot of the messages.
 * - Each turn is one assistant message with the id `<run>.<turn>`.
 */
export function encodeAgUiEvent(state: AgUiState, event: RunEvent): AgUiChange {
  if (event.replayed === true) return replay(state, event);
  const draft = new AgUiDraft(state);
  draft.start(event);
  if (draft.state.isStale) draft.sendMessages();
  encode(draft, event);
  return { state: draft.state, events: draft.events };
}

/** Takes an event that is not sent: the next one that is encoded begins the stream with a snapshot of the messages. */
export function skipAgUiEvent(state: AgUiState, event: RunEvent): AgUiState {
  return replay(state, event).state;
}

/** A call can replay a run inside it after the stream has begun: of that, the client gets what is open, and a snapshot with the next event. */
function replay(state: AgUiState, event: RunEvent): AgUiChange {
  const draft = new AgUiDraft({ ...state, pawlRunId: event.runId, hasHistory: true });
  encode(draft, event);
  if (!state.isStarted) return { state: draft.state, events: [] };
  const events = draft.events.filter(({ type }) => type.startsWith('SUBAGENT_') || type.startsWith('STEP_'));
  return { state: { ...draft.state, isStale: true }, events };
}

function encode(draft: AgUiDraft, event: RunEvent): void {
  const { discarded, ...rest } = draft.state;
  if (discarded !== undefined) {
    draft.replace(rest);
    if (event.type !== 'run.aborted') draft.discardTurn(discarded);
  }
  const { options, spent } = draft.state;
  const isCounted = (event.position ?? Number.POSITIVE_INFINITY) > (options.usageAfter ?? 0);
  if (isCounted && event.replayed !== true) draft.update({ spent: addSpent(spent, event) });
  if (event.path === '') encodeRunEvent(draft, event);
  else if (draft.enterSubagent(event)) encodeInnerEvent(draft, event);
}

function encodeRunEvent(draft: AgUiDraft, event: RunEvent): void {
  switch (event.type) {
    case 'run.started':
      beginState(draft, event.state);
      break;
    case 'handoff.completed':
      beginState(draft, event.state);
      sendTransient(draft, event);
      break;
    case 'turn.prepared':
      recordSteering(draft, event.steeringMessages ?? []);
      break;
    case 'model.responded':
      recordSteering(draft, event.steeringMessages?.before ?? []);
      encodeResponse(draft, event);
      recordSteering(draft, event.steeringMessages?.after ?? []);
      break;
    case 'user.steering':
      encodeLiveSteering(draft, event);
      break;
    case 'user.interrupted':
      addUserMessage(draft, event.message, `${event.runId}.${event.turn}.interruption`);
      break;
    case 'output.partial':
      if (draft.state.options.text !== 'whole') setOutput(draft, { value: event.partial, isPartial: true });
      break;
    case 'output.checked':
      if (event.result.ok) setOutput(draft, { value: event.result.value, isPartial: false });
      break;
    case 'run.finished':
      finish(draft, event);
      break;
    default:
      encodeTurnEvent(draft, event);
      sendTransient(draft, event);
  }
}

function encodeInnerEvent(draft: AgUiDraft, event: RunEvent): void {
  if (event.type === 'run.finished') draft.endSubagent(event.path, event.outcome);
  else if (event.type === 'model.responded') encodeResponse(draft, event);
  else encodeTurnEvent(draft, event);
}

/** Encodes what a run and a run inside it have in common. */
function encodeTurnEvent(draft: AgUiDraft, event: RunEvent): void {
  const { text, toolOutput } = draft.state.options;
  switch (event.type) {
    case 'text.delta':
    case 'reasoning.delta':
    case 'refusal.delta':
      if (text === 'whole' || (event.path !== '' && toolOutput === 'status')) break;
      draft.changeTurn(event, (turn) => addTextDelta(turn, event));
      break;
    case 'tool_call.delta':
      if (text !== 'whole') draft.changeTurn(event, (turn) => addCallDelta(turn, event));
      break;
    case 'attempt.discarded': {
      const { runId, path, turn } = event;
      draft.update({ discarded: { runId, path, turn } });
      break;
    }
    case 'model.reprompted':
      draft.discardTurn(event);
      break;
    default:
      if ('index' in event) encodeCallEvent(draft, event);
  }
}

function encodeResponse(draft: AgUiDraft, given: EventOf<'model.responded'>): void {
  const { state } = draft;
  if (isVoid(given)) {
    draft.discardTurn(given);
    return;
  }
  const isHidden = given.path !== '' && state.options.toolOutput === 'status';
  const { tool_calls: calls } = given.message;
  const event = isHidden
    ? { ...given, message: { role: 'assistant', ...(calls && { tool_calls: calls }) } as const }
    : given;
  const streamed = findTurn(state.messages, event);
  if (streamed !== undefined && completeTurn(streamed, event) === undefined) draft.discardTurn(event);
  draft.changeTurn(event, (turn) => completeTurn(turn, event) ?? { turn, events: [] });
  // A response with calls is not the output: what was read from its text goes away.
  if (event.path === '' && draft.state.output?.isPartial === true && (calls ?? []).length > 0) draft.clearOutput();
}

type CallEvent = Extract<RunEvent, { readonly turn: number; readonly index: number }>;

function encodeCallEvent(draft: AgUiDraft, event: CallEvent): void {
  const isFull = draft.state.options.toolOutput !== 'status';
  switch (event.type) {
    case 'approval.answered':
      if (event.answer.type === 'edit') editCall(draft, event, event.answer.arguments);
      break;
    case 'tool.started':
      showActivity(draft, event, { status: 'running' });
      break;
    case 'tool.progress':
      showActivity(draft, event, { status: 'running', ...(isFull && { progress: event.progress }) });
      break;
    case 'tool.finished':
      closeCall(draft, event, { content: isFull ? event.content : '{"status":"finished"}', status: 'finished' });
      if (event.path === '') changeState(draft, event);
      break;
    case 'tool.failed':
      closeCall(draft, event, { content: isFull ? event.content : 'The call failed.', status: 'failed' });
      break;
    case 'tool.skipped':
      closeCall(draft, event, { content: event.content, status: 'skipped' });
      break;
    case 'approval.requested':
    case 'approval.not_required':
    case 'approval.expired':
    case 'tool.suspended':
    case 'tool.late_result':
    case 'tool_call.delta':
      break;
  }
}

function closeCall(
  draft: AgUiDraft,
  event: CallEvent,
  { content, status }: { readonly content: string; readonly status: 'finished' | 'failed' | 'skipped' },
): void {
  const inside = `${event.path === '' ? '' : `${event.path}/`}tool:${event.turn}.${event.index}`;
  draft.endSubagent(inside, status === 'finished' ? 'finished' : 'failed');
  if (draft.state.activities.has(formatCallId(event))) showActivity(draft, event, { status });
  draft.addResult(event, content);
}

/** Shows what a call does: for the user interface, no part of the conversation. */
function showActivity(draft: AgUiDraft, event: CallEvent, content: Record<string, Json>): void {
  if (!draft.hasCall(event)) return;
  const toolCallId = formatCallId(event);
  draft.update({ activities: new Set(draft.state.activities).add(toolCallId) });
  draft.send(event.path, [
    {
      type: 'ACTIVITY_SNAPSHOT',
      messageId: `${toolCallId}.activity`,
      activityType: 'pawl.tool',
      content: { toolCallId, toolName: event.toolName, ...content },
    },
  ]);
}

/** The client shows what a person approved: arguments cannot be taken back but by a snapshot. */
function editCall(draft: AgUiDraft, event: CallEvent, edited: Json): void {
  const { messages } = draft.state;
  const turn = findTurn(messages, event);
  if (turn === undefined) return;
  const text = typeof edited === 'string' ? edited : JSON.stringify(edited);
  const calls = turn.calls.map((call) => (call.index === event.index ? { ...call, text } : call));
  draft.update({ messages: replaceTurn(messages, { ...turn, calls }) });
  draft.sendMessages();
}

/** A message that arrives while a response is streamed is shown after it: the journal has it with the response. */
function encodeLiveSteering(draft: AgUiDraft, { turn, message }: EventOf<'user.steering'>): void {
  const { steps, steering } = draft.state;
  if (steps.get('') === turn) return;
  const { sent, recorded } = steering;
  draft.update({ steering: { sent: sent + 1, recorded } });
  addUserMessage(draft, message, formatSteeringId(draft, sent));
}

/** Sends the messages that were not sent live. */
function recordSteering(draft: AgUiDraft, messages: readonly UserMessage[]): void {
  const { sent, recorded } = draft.state.steering;
  const fresh = messages.slice(sent - recorded);
  draft.update({
    steering: { sent: Math.max(sent, recorded + messages.length), recorded: recorded + messages.length },
  });
  for (const [at, message] of fresh.entries()) addUserMessage(draft, message, formatSteeringId(draft, sent + at));
}

function formatSteeringId(draft: AgUiDraft, count: number): string {
  return `${draft.state.pawlRunId ?? ''}.steering.${count}`;
}

/** Adds a message of the user. One that the client sent itself has the client's id. */
function addUserMessage(draft: AgUiDraft, message: UserMessage, newId: string): void {
  const { laterMessages, messages } = draft.state;
  const content = toUserContent(message);
  const own = laterMessages.find((each) => JSON.stringify(each.content) === JSON.stringify(content));
  draft.closeTurns('');
  const added = own ?? ({ id: newId, role: 'user', content } as const);
  draft.update({
    messages: addMessage(messages, added),
    laterMessages: laterMessages.filter((each) => each !== own),
  });
  if (own !== undefined) return;
  if (typeof content !== 'string') {
    draft.sendMessages();
    return;
  }
  draft.send('', [
    { type: 'TEXT_MESSAGE_START', messageId: newId, role: 'user' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: newId, delta: content },
    { type: 'TEXT_MESSAGE_END', messageId: newId },
  ]);
}

function setOutput(draft: AgUiDraft, output: NonNullable<AgUiState['output']>): void {
  draft.update({ output });
  draft.sendState();
}

function beginState(draft: AgUiDraft, value: EventOf<'run.started'>['state']): void {
  if (value === undefined || draft.state.options.sharedState !== true) return;
  const version = (draft.state.remembered?.version ?? -1) + 1;
  draft.update({ remembered: { value, version, changedAt: {} } });
  draft.sendState();
}

function changeState(draft: AgUiDraft, { stateChange }: EventOf<'tool.finished'>): void {
  const { remembered } = draft.state;
  if (remembered === undefined || stateChange === undefined) return;
  const { state } = foldStateChange(remembered, stateChange);
  if (state === remembered) return;
  draft.update({ remembered: state });
  draft.sendState();
}

function sendTransient(draft: AgUiDraft, event: RunEvent): void {
  const described = describeTransient(event);
  if (described === undefined) return;
  const { type, ...value } = described;
  draft.send('', [{ type: 'CUSTOM', name: `pawl.${String(type)}`, value }]);
}

function finish(draft: AgUiDraft, { runId, outcome }: EventOf<'run.finished'>): void {
  const { options, spent } = draft.state;
  draft.closeAll(outcome);
  draft.settleOrphans();
  if (outcome.status === 'refused') showRefusal(draft, outcome.refusal);
  const { frontendTools, isLegacyClient = false } = options;
  const whole = toAgUiRunEnd(outcome, { frontendTools, getOwner: (path) => draft.getOwner(path) });
  const ending = isLegacyClient ? toLegacyRunEnd(whole, outcome) : whole;
  const { status } = outcome;
  const limit = status === 'limited' ? { limit: outcome.limit, max: outcome.max } : {};
  const end = { metadata: { pawl: { runId, status, ...limit } }, ...toUsage(spent) };
  if (ending.type === 'failed') {
    const { message, code } = ending;
    draft.sendOfRun({ type: 'RUN_ERROR', message, ...(code !== undefined && { code }), ...end });
    return;
  }
  const { type: _, ...how } = ending;
  if (how.outcome.type === 'interrupt') draft.sendMessages();
  draft.sendOfRun({ type: 'RUN_FINISHED', threadId: options.threadId, runId: options.runId, ...how, ...end });
}

/** A guard or a tool refused: no response has the text. */
function showRefusal(draft: AgUiDraft, refusal: string): void {
  const { messages, pawlRunId = '' } = draft.state;
  if (messages.open.get('')?.text?.endsWith(refusal) === true) return;
  const messageId = `${pawlRunId}.refusal`;
  draft.update({ messages: addMessage(messages, { id: messageId, role: 'assistant', content: refusal }) });
  draft.send('', [
    { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId, delta: refusal },
    { type: 'TEXT_MESSAGE_END', messageId },
  ]);
}

/** Begins a stream before its first event: with a snapshot of the messages, if events were skipped. */
export function beginAgUiStream(state: AgUiState, event: Pick<RunEvent, 'runId' | 'agent'>): AgUiChange {
  const draft = new AgUiDraft(state);
  draft.start(event);
  return { state: draft.state, events: draft.events };
}

/** Lists the messages that a run has added to its thread so far. */
export function listRunMessages(state: AgUiState): readonly AgUiMessage[] {
  return new AgUiDraft(state).listOwnMessages();
}
