import type { PendingCall, RunEvent } from '@pawl/core';
import type { Json, Message, ToolCall, UserPart } from '@pawl/core/chat';
import type { EventOf, HistoryEdit } from '@pawl/core/events';

/** Why a message is in the conversation. */
export type MessageOrigin =
  | 'input'
  | 'model'
  | 'tool'
  | 'steering'
  | 'reprompt'
  | 'limit'
  | 'warning'
  | 'interruption'
  | 'middleware'
  | 'handoff';

export interface PlacedMessage {
  readonly message: Message;
  readonly origin: MessageOrigin;
  /** The turn in which it entered; 0 before the first. */
  readonly turn: number;
}

/** A part of the conversation that middleware or a handoff replaced. */
export interface ShownEdit {
  readonly origin: 'middleware' | 'handoff';
  /** The position of the first message that was replaced, counted from 0. */
  readonly from: number;
  readonly removed: readonly PlacedMessage[];
  readonly added: readonly Message[];
}

export interface CallView {
  readonly index: number;
  /** As it is in the history. */
  readonly call: ToolCall;
  /** As the model wrote them, if they are not JSON. */
  readonly rawArguments: string | undefined;
  readonly waits: readonly WaitView[];
  readonly result: EventOf<'tool.finished' | 'tool.failed' | 'tool.skipped'> | undefined;
  readonly hasStarted: boolean;
  readonly progress: Json | undefined;
}

export interface WaitView {
  readonly pending: PendingCall;
  readonly at: number;
  readonly answer: EventOf<'approval.answered' | 'approval.expired'> | undefined;
}

/** A turn as the model saw it, and what came of it. */
export interface TurnView {
  readonly path: string;
  readonly turn: number;
  readonly agent: string;
  /** `null`: none. */
  readonly instructions: string | null;
  /** The messages of the request. */
  readonly conversation: readonly PlacedMessage[];
  /** Whether middleware sent other messages in this turn than the history has. */
  readonly isTemporary: boolean;
  /** What was replaced just before the request. */
  readonly edits: readonly ShownEdit[];
  /** Set if middleware prepared the turn. */
  readonly prepared: EventOf<'turn.prepared'> | undefined;
  readonly response: EventOf<'model.responded'> | undefined;
  readonly failure: EventOf<'model.failed'> | undefined;
  readonly calls: readonly CallView[];
  /** Everything else that happened in the turn. */
  readonly marks: readonly RunEvent[];
  /** What the model has written so far, while the turn is in progress. */
  readonly live: LiveText;
}

export interface LiveText {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  /** How many attempts of the turn were discarded. */
  readonly discardedCount: number;
}

type Mutable<Of> = { -readonly [Field in keyof Of]: Of[Field] };
type TurnDraft = Omit<Mutable<TurnView>, 'calls' | 'marks' | 'edits'> & {
  calls: Mutable<CallView>[];
  marks: RunEvent[];
  edits: ShownEdit[];
};

/** Folds the events of a run into one of its turns. Returns `undefined` if the run, or the run at the path, has no such turn. */
export function foldTurn(
  events: readonly RunEvent[],
  place: { readonly path: string; readonly turn: number },
): TurnView | undefined {
  const folder = new ConversationFolder(place.path);
  for (const event of events) {
    if (event.path !== place.path) continue;
    if (folder.found !== undefined && 'turn' in event && event.turn > place.turn) break;
    folder.add(event, place.turn);
  }
  return folder.found;
}

/** The conversation of one run, and the turn that is looked for. */
class ConversationFolder {
  found: TurnDraft | undefined;
  readonly #path: string;
  #instructions: string | null = null;
  /** What the agent at work sees. */
  #messages: PlacedMessage[] = [];
  /** The whole conversation: a handoff may show a part of it to the next agent. */
  #whole: PlacedMessage[] = [];
  /** The length of the whole at the last handoff that shows a part of it. Edits change only what came later. */
  #hiddenLength = 0;
  /** The calls of the last response that are not in the conversation yet. */
  #open: { turn: number; calls: readonly ToolCall[]; results: Map<number, CallView['result'] & object> } | undefined;
  #interruption: PlacedMessage | undefined;
  /** Edits of a handoff, which the next turn shows. */
  #edits: readonly ShownEdit[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  add(event: RunEvent, wanted: number): void {
    const isWanted = 'turn' in event && event.turn === wanted;
    if (isWanted) this.#begin(event, wanted);
    this.#fold(event, isWanted);
    if (isWanted && this.found !== undefined) addToTurn(this.found, event);
  }

  #begin({ agent }: RunEvent, turn: number): void {
    this.found ??= {
      ...{ path: this.#path, turn, agent, instructions: this.#instructions, conversation: [...this.#messages] },
      ...{ isTemporary: false, edits: [...this.#edits], prepared: undefined, response: undefined, failure: undefined },
      ...{ calls: [], marks: [], live: NO_TEXT },
    };
  }

  #fold(event: RunEvent, isWanted: boolean): void {
    switch (event.type) {
      case 'run.started':
        this.#instructions = event.instructions ?? null;
        this.#add(...event.messages.map((message) => ({ message, origin: 'input', turn: 0 }) as const));
        return;
      case 'turn.prepared':
        this.#prepare(event, isWanted);
        return;
      case 'model.responded':
        this.#respond(event, isWanted);
        return;
      case 'model.reprompted':
        this.#append('reprompt', event.turn, event.message);
        return;
      case 'limit.approaching':
        this.#append('limit', event.turn, event.message);
        return;
      case 'tool.repeated_failure':
        this.#append('warning', event.turn, event.message);
        return;
      case 'user.interrupted':
        this.#interruption = { message: event.message, origin: 'interruption', turn: event.turn };
        this.#settle();
        return;
      case 'tool.finished':
      case 'tool.failed':
      case 'tool.skipped':
        this.#open?.results.set(event.index, event);
        this.#settle();
        return;
      case 'handoff.completed':
        this.#instructions = event.instructions ?? null;
        this.#messages = [...this.#whole];
        this.#hiddenLength = (event.edits ?? []).length === 0 ? 0 : this.#whole.length;
        this.#edits = this.#replace('handoff', event.turn, event.edits ?? []);
    }
  }

  #add(...messages: readonly PlacedMessage[]): void {
    this.#messages.push(...messages);
    this.#whole.push(...messages);
  }

  #append(origin: MessageOrigin, turn: number, ...messages: readonly Message[]): void {
    this.#add(...messages.map((message) => ({ message, origin, turn })));
  }

  #prepare(event: EventOf<'turn.prepared'>, isWanted: boolean): void {
    this.#append('steering', event.turn, ...(event.steeringMessages ?? []));
    const edits = this.#replace('middleware', event.turn, event.edits ?? []);
    if (!isWanted || this.found === undefined) return;
    const { messages, instructions } = event;
    this.found.edits.push(...edits);
    this.found.conversation = messages?.map((message) => this.#findPlaced(message, event.turn)) ?? [...this.#messages];
    this.found.isTemporary = messages !== undefined;
    if (instructions !== undefined) this.found.instructions = instructions;
  }

  #respond(event: EventOf<'model.responded'>, isWanted: boolean): void {
    const { turn, message, rejection, steeringMessages: { before = [], after = [] } = {} } = event;
    this.#append('steering', turn, ...before);
    if (isWanted && this.found !== undefined && before.length > 0) this.found.conversation = [...this.#messages];
    this.#edits = [];
    const calls = message.tool_calls ?? [];
    const runsCalls = calls.length > 0 && rejection === undefined && isComplete(event);
    if (isKept(event)) this.#append('model', turn, runsCalls || calls.length === 0 ? message : withoutCalls(message));
    this.#open = runsCalls ? { turn, calls, results: new Map() } : undefined;
    this.#append('steering', turn, ...after);
  }

  /** Results enter the conversation when the last call of the turn has one, in the order of the calls. */
  #settle(): void {
    const open = this.#open;
    if (open === undefined || open.results.size < open.calls.length) return;
    const results = open.calls.flatMap((_, index) => open.results.get(index) ?? []);
    for (const { call, content } of results)
      this.#append('tool', open.turn, { role: 'tool', tool_call_id: call.id, content });
    const parts = results.flatMap((result) => (result.type === 'tool.finished' ? listParts(result) : []));
    if (parts.length > 0) this.#append('tool', open.turn, { role: 'user', content: parts });
    if (this.#interruption !== undefined) this.#add(this.#interruption);
    this.#open = undefined;
    this.#interruption = undefined;
  }

  #replace(origin: ShownEdit['origin'], turn: number, edits: readonly HistoryEdit[]): readonly ShownEdit[] {
    const before = this.#messages;
    const place = (message: Message): PlacedMessage => ({ message, origin, turn });
    this.#messages = applyEdits(before, edits, place);
    // What middleware replaces for good is gone for later agents, too, if they would see it.
    const lasting = locateEdits(before, edits, this.#whole).filter(({ from }) => from >= this.#hiddenLength);
    if (origin === 'middleware') this.#whole = applyEdits(this.#whole, lasting, place);
    return edits.map(({ from, to, messages }) => ({ origin, from, removed: before.slice(from, to), added: messages }));
  }

  /** A message that middleware sends for this turn only may be one of the history. */
  #findPlaced(message: Message, turn: number): PlacedMessage {
    const text = JSON.stringify(message);
    return (
      this.#messages.find((each) => JSON.stringify(each.message) === text) ?? { message, origin: 'middleware', turn }
    );
  }
}

function applyEdits(
  before: readonly PlacedMessage[],
  edits: readonly HistoryEdit[],
  place: (message: Message) => PlacedMessage,
): PlacedMessage[] {
  const kept: PlacedMessage[] = [];
  let next = 0;
  for (const { from, to, messages } of edits) {
    kept.push(...before.slice(next, from), ...messages.map(place));
    next = to;
  }
  return [...kept, ...before.slice(next)];
}

/** Finds the place of edits in the whole conversation; those of messages that are not in it are left out. */
function locateEdits(
  seen: readonly PlacedMessage[],
  edits: readonly HistoryEdit[],
  whole: readonly PlacedMessage[],
): readonly HistoryEdit[] {
  return edits.flatMap(({ from, to, messages }) => {
    const start = seen[from];
    const first = start === undefined ? -1 : whole.indexOf(start);
    const isWhole = first >= 0 && seen.slice(from, to).every((each, index) => each === whole[first + index]);
    return isWhole ? { from: first, to: first + to - from, messages } : [];
  });
}

const NO_TEXT: LiveText = { text: '', reasoning: '', refusal: '', discardedCount: 0 };

/** Images and files are sent in a message of their own, each behind the name of its call. */
function listParts({ toolName, toolCallId, parts = [] }: EventOf<'tool.finished'>): readonly UserPart[] {
  return parts.length === 0 ? [] : [{ type: 'text', text: `From ${toolName} (${toolCallId}):` }, ...parts];
}

/** Responses that were cut or filtered, and empty ones, do not enter the conversation. */
function isKept({ message, finishReason, rejection }: EventOf<'model.responded'>): boolean {
  if (rejection !== undefined) return true;
  if (finishReason === 'content_filter') return false;
  if (hasRefusal(message)) return true;
  if (finishReason === 'length') return false;
  return (message.tool_calls?.length ?? 0) > 0 || hasText(message);
}

/** The calls of a refusal, and of a response that was cut, do not run. */
function isComplete({ message, finishReason }: EventOf<'model.responded'>): boolean {
  return finishReason !== 'length' && finishReason !== 'content_filter' && !hasRefusal(message);
}

function hasRefusal({ refusal, content }: EventOf<'model.responded'>['message']): boolean {
  if (typeof refusal === 'string' && refusal !== '') return true;
  return Array.isArray(content) && content.some((part) => part.type === 'refusal');
}

function hasText({ content }: EventOf<'model.responded'>['message']): boolean {
  if (typeof content === 'string') return content.trim() !== '';
  return (content ?? []).some((part) => part.type === 'text' && part.text.trim() !== '');
}

function withoutCalls({ tool_calls: _, ...message }: EventOf<'model.responded'>['message']): Message {
  return message;
}

function addToTurn(draft: TurnDraft, event: RunEvent): void {
  switch (event.type) {
    case 'turn.prepared':
      draft.prepared = event;
      return;
    case 'text.delta':
      draft.live = { ...draft.live, text: draft.live.text + event.delta };
      return;
    case 'reasoning.delta':
      draft.live = { ...draft.live, reasoning: draft.live.reasoning + event.delta };
      return;
    case 'refusal.delta':
      draft.live = { ...draft.live, refusal: draft.live.refusal + event.delta };
      return;
    case 'attempt.discarded':
      draft.live = { ...NO_TEXT, discardedCount: draft.live.discardedCount + 1 };
      return;
    case 'model.responded':
      draft.response = event;
      draft.calls = (event.message.tool_calls ?? []).map((call, index) => createCall(index, call, event));
      return;
    case 'model.failed':
      draft.failure = event;
      return;
    case 'tool_call.delta':
    case 'output.partial':
      return;
  }
  if ('index' in event) addToCall(draft, event);
  else draft.marks.push(event);
}

function createCall(index: number, call: ToolCall, { rawArguments }: EventOf<'model.responded'>): Mutable<CallView> {
  const none = { waits: [], result: undefined, hasStarted: false, progress: undefined };
  return { index, call, rawArguments: rawArguments?.[index], ...none };
}

type CallEvent = Extract<RunEvent, { readonly index: number }>;

function addToCall(draft: TurnDraft, event: CallEvent): void {
  const call = draft.calls.find(({ index }) => index === event.index);
  if (call === undefined) return;
  switch (event.type) {
    case 'tool.started':
      call.hasStarted = true;
      return;
    case 'tool.progress':
      call.progress = event.progress;
      return;
    case 'approval.requested':
      call.waits = [...call.waits, { pending: event.pending, at: event.at, answer: undefined }];
      return;
    case 'approval.answered':
    case 'approval.expired':
      call.waits = call.waits.map((wait) => (wait.answer === undefined ? { ...wait, answer: event } : wait));
      return;
    case 'tool.finished':
    case 'tool.failed':
    case 'tool.skipped':
      call.result = event;
  }
}

/** Lists the turns of a run and of the runs inside it, in the order in which they began. */
export function listTurns(
  events: readonly RunEvent[],
): readonly { readonly path: string; readonly turn: number; readonly agent: string }[] {
  const turns = new Map<string, { readonly path: string; readonly turn: number; readonly agent: string }>();
  for (const event of events) {
    if (!('turn' in event) || event.turn < 1) continue;
    const { path, turn, agent } = event;
    const key = `${path}:${turn}`;
    if (!turns.has(key)) turns.set(key, { path, turn, agent });
  }
  return [...turns.values()];
}
