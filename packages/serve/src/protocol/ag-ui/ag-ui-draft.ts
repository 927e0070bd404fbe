import type { Outcome, RunEvent } from '@pawl/core';
import { formatCallId, locatePendingCall } from '../call-id.ts';
import type { AgUiEvent, AgUiMessage, AgUiProducedEvent } from './ag-ui-event.ts';
import { formatInterruptId, isFrontendCall } from './ag-ui-outcome.ts';
import { type AgUiState, findClientState } from './ag-ui-state.ts';
import {
  type AgUiTurn,
  closeTurn,
  formatMessageId,
  listCallIds,
  listOpenStarts,
  type TurnChange,
  type TurnPlace,
} from './ag-ui-turn.ts';
import { addResult, findTurn, formatResultId, listMessages, removeTurn, setTurn } from './thread-messages.ts';

/** The next state of the encoder while an event is encoded, with the events that lead to it. */
export class AgUiDraft {
  #state: AgUiState;
  readonly #events: AgUiEvent[] = [];

  constructor(state: AgUiState) {
    this.#state = state;
  }

  get state(): AgUiState {
    return this.#state;
  }

  get events(): readonly AgUiEvent[] {
    return this.#events;
  }

  update(change: Partial<AgUiState>): void {
    this.#state = { ...this.#state, ...change };
  }

  replace(state: AgUiState): void {
    this.#state = state;
  }

  /** Sends events of the run, or of a run inside it. */
  send(path: string, events: readonly AgUiProducedEvent[]): void {
    for (const event of events) this.#events.push({ ...event, ...this.getOwner(path) });
  }

  sendOfRun(event: AgUiEvent): void {
    this.#events.push(event);
  }

  getOwner(path: string): { readonly subagentRunId?: string } {
    return path === '' ? {} : { subagentRunId: this.#formatSubagentId(path) };
  }

  /** Begins the stream: with the messages and what is open, if there is a history. */
  start({ runId, agent }: Pick<RunEvent, 'runId' | 'agent'>): void {
    const { isStarted, hasHistory, options } = this.#state;
    if (isStarted) return;
    this.update({ isStarted: true, pawlRunId: runId });
    const { threadId, runId: clientRunId, parentRunId } = options;
    this.sendOfRun({
      type: 'RUN_STARTED',
      threadId,
      runId: clientRunId,
      protocolVersion: '1.0',
      ...(parentRunId !== undefined && { parentRunId }),
      metadata: { pawl: { runId, agent } },
    });
    if (!hasHistory) return;
    this.sendState();
    this.sendMessages();
    for (const [path, { isActive }] of this.#state.subagents) if (isActive) this.#startSubagent(path);
    for (const [path, turn] of this.#state.steps) this.send(path, [{ type: 'STEP_STARTED', stepName: nameStep(turn) }]);
    for (const turn of this.#state.messages.open.values()) this.send(turn.path, listOpenStarts(turn));
  }

  sendMessages(): void {
    this.update({ isStale: false });
    const { options } = this.#state;
    const own = this.listOwnMessages();
    const ids = new Set(own.map(({ id }) => id));
    const before = (options.messages ?? []).filter(({ id }) => !ids.has(id));
    this.sendOfRun({ type: 'MESSAGES_SNAPSHOT', messages: [...before, ...own] });
  }

  listOwnMessages(): readonly AgUiMessage[] {
    return listMessages(this.#state.messages, (path) => this.getOwner(path));
  }

  sendState(): void {
    const snapshot = findClientState(this.#state);
    if (snapshot !== undefined) this.send('', [{ type: 'STATE_SNAPSHOT', snapshot }]);
  }

  /** Changes a turn, which begins with its first part. */
  changeTurn(place: TurnPlace, change: (turn: AgUiTurn) => TurnChange): void {
    const { runId, path, turn: number } = place;
    const { turn, events } = change(findTurn(this.#state.messages, place) ?? { runId, path, turn: number, calls: [] });
    if (events.length === 0 && turn.calls.length === 0 && turn.text === undefined && turn.reasoning === undefined)
      return;
    this.#beginStep(path, number);
    this.update({ messages: setTurn(this.#state.messages, turn) });
    this.send(path, events);
  }

  /** Takes back what the client has of a turn. */
  discardTurn(place: TurnPlace): void {
    const { messages, orphans, output } = this.#state;
    const turn = findTurn(messages, place);
    if (turn === undefined) return;
    this.send(turn.path, closeTurn(turn).events);
    const lost = listCallIds(turn).map((toolCallId) => ({ ...place, toolCallId }));
    this.update({ messages: removeTurn(messages, turn), orphans: [...orphans, ...lost] });
    if (place.path === '' && output?.isPartial === true) this.clearOutput();
    this.sendMessages();
  }

  clearOutput(): void {
    const { output: _, ...rest } = this.#state;
    this.#state = rest;
    this.send('', [{ type: 'STATE_SNAPSHOT', snapshot: findClientState(rest) ?? rest.options.state ?? {} }]);
  }

  /** Answers the calls of discarded responses that did not come again. */
  settleOrphans(): void {
    const { orphans, messages } = this.#state;
    const lost = orphans.filter((call) => !listCallIds(findTurn(messages, call) ?? NO_CALLS).includes(call.toolCallId));
    if (lost.length === 0) return;
    for (const { path, toolCallId } of lost)
      this.send(path, [toResult(toolCallId, 'The response with this call was discarded.')]);
    this.sendMessages();
  }

  /** Adds the result of a call that the client has. */
  addResult(event: TurnPlace & { readonly index: number }, content: string): void {
    const { messages } = this.#state;
    const toolCallId = formatCallId(event);
    const result = toResult(toolCallId, content);
    const isKnown = messages.entries.some((entry) => 'role' in entry && entry.id === result.messageId);
    if (isKnown || !this.hasCall(event)) return;
    const message = { id: result.messageId, role: 'tool', toolCallId, content, ...this.getOwner(event.path) } as const;
    this.update({ messages: addResult(messages, event, message) });
    this.send(event.path, [result]);
  }

  hasCall(event: TurnPlace & { readonly index: number }): boolean {
    return findTurn(this.#state.messages, event)?.calls.some(({ index }) => index === event.index) === true;
  }

  /** Announces the run of an event, if it is new; `false` if it has ended, or is none that clients see. */
  enterSubagent({ path, agent }: RunEvent): boolean {
    const { subagents, isStarted } = this.#state;
    const known = subagents.get(path);
    if (known !== undefined) return known.isActive;
    // A run inside a guard or another middleware is no work of the agent.
    if (!/^tool:[^/]+(\/(tool|step):[^/]+)*$/.test(path)) return false;
    this.update({ subagents: new Map(subagents).set(path, { name: agent, isActive: true }) });
    if (isStarted) this.#startSubagent(path);
    return true;
  }

  /** Ends a run inside, with those inside it. */
  endSubagent(path: string, outcome: Outcome<unknown> | 'finished' | 'failed'): void {
    const inner = [...this.#state.subagents].filter(
      ([each, { isActive }]) => isActive && (each === path || each.startsWith(`${path}/`)),
    );
    for (const [each] of inner.toReversed()) {
      this.closeTurns(each);
      this.#endStep(each);
      const { subagents } = this.#state;
      const known = subagents.get(each);
      if (known !== undefined) this.update({ subagents: new Map(subagents).set(each, { ...known, isActive: false }) });
      this.sendOfRun(this.#describeEnd(each, outcome));
    }
  }

  /** Closes what is streamed of the run, or of a run inside. */
  closeTurns(path: string): void {
    const turn = this.#state.messages.open.get(path);
    if (turn !== undefined) this.changeTurn(turn, closeTurn);
  }

  /** Ends everything that is open, as the end of a run demands. */
  closeAll(outcome: Outcome<unknown>): void {
    for (const path of [...this.#state.subagents.keys()].toReversed())
      this.endSubagent(path, outcome.status === 'completed' ? 'finished' : outcome);
    this.closeTurns('');
    this.#endStep('');
  }

  #beginStep(path: string, turn: number): void {
    const { steps } = this.#state;
    if (steps.get(path) === turn) return;
    // A call of an earlier turn got its answer: the step of that turn has ended.
    if ((steps.get(path) ?? 0) > turn) return;
    this.closeTurns(path);
    this.#endStep(path);
    this.update({ steps: new Map(this.#state.steps).set(path, turn) });
    this.send(path, [{ type: 'STEP_STARTED', stepName: nameStep(turn) }]);
  }

  #endStep(path: string): void {
    const turn = this.#state.steps.get(path);
    if (turn === undefined) return;
    const steps = new Map(this.#state.steps);
    steps.delete(path);
    this.update({ steps });
    this.send(path, [{ type: 'STEP_FINISHED', stepName: nameStep(turn) }]);
  }

  #startSubagent(path: string): void {
    const { subagents, pawlRunId: runId = '' } = this.#state;
    const around = [...subagents.keys()].filter((each) => path.startsWith(`${each}/`));
    const parent = around.reduce((longest, each) => (each.length > longest.length ? each : longest), '');
    const call = /^tool:(\d+)\.(\d+)/.exec(path.slice(parent === '' ? 0 : parent.length + 1));
    const turn = { runId, path: parent, turn: Number(call?.[1] ?? 0) };
    this.sendOfRun({
      type: 'SUBAGENT_STARTED',
      subagentRunId: this.#formatSubagentId(path),
      name: subagents.get(path)?.name ?? '',
      ...(parent !== '' && { parentSubagentRunId: this.#formatSubagentId(parent) }),
      ...(call !== null && {
        parentToolCallId: formatCallId({ ...turn, index: Number(call[2]) }),
        parentMessageId: formatMessageId(turn),
      }),
    });
  }

  #describeEnd(path: string, outcome: Outcome<unknown> | 'finished' | 'failed'): AgUiEvent {
    const subagentRunId = this.#formatSubagentId(path);
    if (outcome === 'finished') return { type: 'SUBAGENT_FINISHED', subagentRunId, outcome: { type: 'success' } };
    if (outcome === 'failed')
      return { type: 'SUBAGENT_ERROR', subagentRunId, message: 'The call of the agent failed.' };
    switch (outcome.status) {
      case 'completed':
        return { type: 'SUBAGENT_FINISHED', subagentRunId, outcome: { type: 'success' } };
      case 'suspended': {
        const { options, pawlRunId = '' } = this.#state;
        const own = outcome.pending.filter((call) => {
          return locatePendingCall(pawlRunId, call.id).path === path && !isFrontendCall(call, options.frontendTools);
        });
        const interruptIds = own.map((call) => formatInterruptId(pawlRunId, call));
        return { type: 'SUBAGENT_FINISHED', subagentRunId, outcome: { type: 'suspended', interruptIds } };
      }
      default:
        return {
          type: 'SUBAGENT_ERROR',
          subagentRunId,
          message: `The agent did not complete its work: ${outcome.status}.`,
          code: `run.${outcome.status}`,
        };
    }
  }

  /** A path names a call of a run: with the run, it names one invocation in the whole thread. */
  #formatSubagentId(path: string): string {
    return `${this.#state.pawlRunId ?? ''}.${path}`;
  }
}

const NO_CALLS: AgUiTurn = { runId: '', path: '', turn: 0, calls: [] };

function nameStep(turn: number): string {
  return `turn ${turn}`;
}

export function toResult(
  toolCallId: string,
  content: string,
): Extract<AgUiProducedEvent, { readonly type: 'TOOL_CALL_RESULT' }> {
  return { type: 'TOOL_CALL_RESULT', messageId: formatResultId(toolCallId), toolCallId, content, role: 'tool' };
}
