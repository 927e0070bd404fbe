import type { PendingCall, RunEvent } from '@pawl/core';
import { getCallName } from '@pawl/core/chat';
import type { EventOf } from '@pawl/core/events';
import type { ResponseEvent } from '@pawl/responses/wire';
import { formatCallId, locatePendingCall } from '../call-id.ts';
import { isCallerCall } from '../chat/completion.ts';
import { countUsage, NO_USAGE } from '../count-usage.ts';
import { isVoid } from '../response-texts.ts';
import {
  closeCall,
  endCall,
  isApprovable,
  type KnownCall,
  openCall,
  sendApprovalRequest,
  sendCallerCall,
  sendItem,
} from './encode-calls.ts';
import {
  completePart,
  discardParts,
  extendPart,
  formatPartKey,
  listRecordedParts,
  openPart,
  type StreamedPart,
  toItem,
} from './encode-parts.ts';
import { StreamDraft } from './response-draft.ts';
import { formatApprovalId } from './response-ids.ts';
import { buildResponse, type ResponseHead, toEndType } from './response-object.ts';
import { type ResponsesState, readResponse } from './responses-state.ts';

export interface ResponsesChange {
  readonly state: ResponsesState;
  readonly events: readonly ResponseEvent[];
}

/**
 * Encodes the next event of a run as events of a Responses stream. Pure: live, replayed and resumed runs give the same response.
 *
 * - Every event of a run, in order, from its first one.
 * - The last wire event has the whole response; what was discarded on the way is not part of it.
 */
export function encodeResponsesEvent(state: ResponsesState, event: RunEvent): ResponsesChange {
  const encoder = new EventEncoder(state);
  encoder.encode(event);
  return { state: encoder.state, events: encoder.draft.events };
}

class EventEncoder {
  #state: ResponsesState;
  readonly draft: StreamDraft;

  constructor(state: ResponsesState) {
    this.#state = state;
    this.draft = new StreamDraft(state.sent);
  }

  get state(): ResponsesState {
    return { ...this.#state, sent: this.draft.sent };
  }

  encode(event: RunEvent): void {
    if (this.#isBefore(event)) {
      this.#remember(event);
      return;
    }
    if (this.#state.head === undefined) this.#begin(event);
    if (event.path === '') this.#encodeOwn(event);
    else if (event.type === 'approval.requested') this.#askApproval(event);
  }

  #encodeOwn(event: RunEvent): void {
    // A response completes what was sent of it, with numbers before its own.
    if (event.type !== 'model.responded') this.draft.enterPosition(event.position);
    switch (event.type) {
      case 'text.delta':
      case 'reasoning.delta':
      case 'refusal.delta':
        this.#extendText(event);
        break;
      case 'tool_call.delta':
        this.#extendCall(event);
        break;
      case 'attempt.discarded':
        this.#discard('live');
        break;
      case 'model.responded':
        this.#respond(event);
        break;
      case 'model.failed':
      case 'run.refused':
      case 'limit.exceeded':
        this.#discard('recorded');
        break;
      case 'model.reprompted':
        this.draft.dropItems(this.#state.turnStart);
        break;
      default:
        this.#encodeCallEvent(event);
    }
  }

  #encodeCallEvent(event: RunEvent): void {
    switch (event.type) {
      case 'approval.requested':
        this.#askApproval(event);
        break;
      case 'approval.answered':
        this.#continueCall(event);
        break;
      case 'tool.finished':
      case 'tool.failed':
      case 'tool.skipped':
        this.#closeCall(event);
        break;
      case 'run.finished':
        this.#finish(event);
        break;
    }
  }

  /** Whether the event belongs to an earlier response of the run. */
  #isBefore({ type, position, path }: RunEvent): boolean {
    const { after = 0 } = this.#state.options;
    if (type === 'run.finished' && path === '') return false;
    return after > 0 && Math.max(position ?? 0, this.draft.sent.place.position) <= after;
  }

  /** Keeps what later events refer to. */
  #remember(event: RunEvent): void {
    this.draft.enterPosition(event.position);
    if (event.path !== '') return;
    if (event.type === 'model.responded' && !isVoid(event)) this.#keepCalls(event);
    if (event.type === 'approval.requested') this.#keepApproval(event);
    const usageBefore = countUsage(this.#state.usageBefore, event, ['usage', 'middlewareUsage', 'nestedUsage']);
    this.#state = { ...this.#state, usageBefore };
  }

  #begin(event: RunEvent): void {
    const { id, createdAt, previousResponseId, background = false, metadata = {}, tools = [] } = this.#state.options;
    const head: ResponseHead = {
      id: id ?? event.runId,
      model: event.agent,
      createdAt: createdAt ?? Math.floor(event.at / 1_000),
      isBackground: background,
      previousResponseId,
      metadata,
      tools,
    };
    this.#state = { ...this.#state, head };
    if (event.path === '') this.draft.enterPosition(event.position);
    const response = buildResponse(head, { output: [], usageBefore: NO_USAGE });
    this.draft.emit({ type: 'response.created', response }, 'recorded');
    this.draft.emit({ type: 'response.in_progress', response }, 'recorded');
  }

  #extendText({
    type,
    runId,
    turn,
    attempt,
    delta,
  }: EventOf<'text.delta' | 'reasoning.delta' | 'refusal.delta'>): void {
    const kind = type === 'text.delta' ? 'text' : type === 'reasoning.delta' ? 'reasoning' : 'refusal';
    this.#extend({ kind, key: formatPartKey(kind, runId, turn), label: undefined }, { turn, attempt, delta });
  }

  #extendCall({ runId, path, turn, attempt, index, agent, toolName: name, delta }: EventOf<'tool_call.delta'>): void {
    if (this.#state.callerTools.has(name)) return;
    const key = formatCallId({ runId, path, turn, index });
    this.#extend({ kind: 'call', key, label: { agent, name } }, { turn, attempt, delta });
  }

  #extend(
    name: Parameters<typeof openPart>[1],
    { turn, attempt, delta }: { readonly turn: number; readonly attempt: number; readonly delta: string },
  ): void {
    if (this.#state.options.text === 'whole') return;
    this.draft.enterAttempt({ turn, attempt, isRepeated: this.#isRepeated(turn) });
    const { parts } = this.#state;
    const known = parts.find(({ key }) => key === name.key);
    const open = known ?? openPart(this.draft, name, this.#formatSuffix());
    const next = extendPart(this.draft, open, delta);
    this.#state = {
      ...this.#state,
      parts: known === undefined ? [...parts, next] : parts.map((each) => (each === known ? next : each)),
    };
  }

  #isRepeated(turn: number): boolean {
    return this.#state.options.isRepeatedTurn?.(turn) === true;
  }

  /** The item of another attempt at a turn is another item. */
  #formatSuffix(): string {
    const { range = 0 } = this.draft.sent.place.live ?? {};
    return range === 0 ? '' : `.${range}`;
  }

  #discard(where: 'live' | 'recorded'): void {
    discardParts(this.draft, this.#state.parts, where);
    this.#state = { ...this.#state, parts: [] };
  }

  #respond(event: EventOf<'model.responded'>): void {
    const { draft } = this;
    const isUsed = !isVoid(event);
    const parts = isUsed ? this.#completeTexts(event) : [];
    draft.enterPosition(event.position);
    const used = new Set(parts.map(({ id }) => id));
    const unused = this.#state.parts.filter(({ id }) => !used.has(id));
    discardParts(draft, unused, 'recorded');
    this.#state = { ...this.#state, parts: [], turnStart: draft.sent.output.length };
    if (!isUsed) return;
    this.#keepCalls(event);
    const phase = (event.message.tool_calls ?? []).length > 0 ? 'commentary' : 'final_answer';
    for (const part of parts) {
      completePart(draft, part, phase);
      const own = { ...part, id: part.key };
      if (part.kind !== 'call') draft.addItem(toItem(own, 'completed', phase));
      else {
        const place = draft.addItem(toItem(own, 'in_progress'));
        this.#changeCall(part.key, { item: { index: part.index, place, id: part.id } });
      }
    }
  }

  /** Sends what is missing of the texts of a response. */
  #completeTexts(event: EventOf<'model.responded'>): readonly StreamedPart[] {
    const { draft } = this;
    const { turn, failedAttempts } = event;
    if (draft.sent.place.live?.turn !== turn) {
      draft.enterAttempt({ turn, attempt: failedAttempts.length + 1, isRepeated: this.#isRepeated(turn) });
    }
    const streamed = this.#state.parts;
    return listRecordedParts(event, this.#state.callerTools).map((part) => {
      const known = streamed.find(({ key }) => key === part.key);
      // The arguments of a call replace what was sent of them.
      const isUsable = part.kind === 'call' || part.text.startsWith(known?.text ?? '');
      const suffix = `${this.#formatSuffix()}${isUsable ? '' : '.again'}`;
      const open = known !== undefined && isUsable ? known : openPart(draft, part, suffix);
      const rest = part.text.startsWith(open.text) ? part.text.slice(open.text.length) : '';
      return { ...extendPart(draft, open, rest), text: part.text };
    });
  }

  #keepCalls({ runId, path, turn, agent, message }: EventOf<'model.responded'>): void {
    const calls = new Map(this.#state.calls);
    for (const [index, call] of (message.tool_calls ?? []).entries()) {
      if (!this.#state.callerTools.has(getCallName(call)))
        calls.set(formatCallId({ runId, path, turn, index }), { call, agent });
    }
    this.#state = { ...this.#state, calls };
  }

  #changeCall(id: string, change: Partial<KnownCall>): void {
    const known = this.#state.calls.get(id);
    if (known === undefined) return;
    this.#state = { ...this.#state, calls: new Map(this.#state.calls).set(id, { ...known, ...change }) };
  }

  #keepApproval(event: EventOf<'approval.requested'>): void {
    const { runId, pending } = event;
    if (isApprovable(pending)) this.#changeCall(formatCallId(event), { approvalId: formatApprovalId(runId, pending) });
  }

  #askApproval(event: EventOf<'approval.requested'>): void {
    this.draft.enterPosition(event.position);
    if (event.path === '') this.#keepApproval(event);
    this.#ask(event.pending, event, 'recorded');
  }

  /** Adds the item of a pending call that the client can answer. Others are in the outcome of the run. */
  #ask(
    pending: PendingCall,
    { runId, agent }: { readonly runId: string; readonly agent: string },
    where: 'recorded' | 'end',
  ): void {
    const { callerTools, asked } = this.#state;
    if (isCallerCall(pending, callerTools)) {
      const id = formatCallId(locatePendingCall(runId, pending.id));
      sendCallerCall(this.draft, { id, call: pending.call }, where);
    } else if (isApprovable(pending)) sendApprovalRequest(this.draft, { pending, runId, agent }, where);
    else return;
    this.#state = { ...this.#state, asked: new Set(asked).add(pending.id) };
  }

  /** A call that was approved in an earlier response begins here. */
  #continueCall(event: EventOf<'approval.answered'>): void {
    const id = formatCallId(event);
    const known = this.#state.calls.get(id);
    if (known !== undefined && known.item === undefined)
      this.#changeCall(id, { item: openCall(this.draft, id, known) });
  }

  #closeCall(event: EventOf<'tool.finished' | 'tool.failed' | 'tool.skipped'>): void {
    const id = formatCallId(event);
    const known = this.#state.calls.get(id);
    if (known === undefined) return;
    const item = known.item ?? openCall(this.draft, id, known);
    closeCall(this.draft, event, { id, known, item, isShown: this.#state.options.toolOutput !== 'status' });
    this.#changeCall(id, { item, isClosed: true });
  }

  #finish({ outcome, runId, agent }: EventOf<'run.finished'>): void {
    const { draft } = this;
    discardParts(draft, this.#state.parts, 'end');
    this.#state = { ...this.#state, parts: [], outcome };
    for (const { item, isClosed } of this.#state.calls.values()) {
      if (item !== undefined && isClosed !== true) endCall(draft, item);
    }
    if (outcome.status === 'suspended') {
      for (const pending of outcome.pending)
        if (!this.#state.asked.has(pending.id)) this.#ask(pending, { runId, agent }, 'end');
    }
    if (outcome.status === 'refused' && !this.#hasRefusal()) this.#addRefusal(runId, outcome.refusal);
    const response = readResponse(this.state);
    if (response !== undefined) draft.emit({ type: toEndType(response.status), response }, 'end');
  }

  #hasRefusal(): boolean {
    return this.draft.sent.output.some(
      (item) => item.type === 'message' && item.content.some(({ type }) => type === 'refusal'),
    );
  }

  /** A guard or a tool refused: no response of the model has the text. */
  #addRefusal(runId: string, text: string): void {
    const item = toItem({ kind: 'refusal', id: `msg_refusal_${runId}`, text, call: undefined }, 'completed');
    sendItem(this.draft, item, 'end');
  }
}
