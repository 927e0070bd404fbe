import type { Json } from '../base/json.ts';
import type { History } from '../chat/history.ts';
import type { Message, ToolCall, UserMessage } from '../chat/message.ts';
import type { ErrorData } from '../event/error-data.ts';
import type { FailedAttempt } from '../event/failed-attempt.ts';
import type {
  HandoffCompletedEvent,
  LimitApproachingEvent,
  OutputCheckedEvent,
  ToolCallClosedEvent,
} from '../event/journal-event.ts';
import type { LimitName, PendingCall } from '../event/outcome.ts';
import type { Rejection } from '../event/rejection.ts';
import { NO_USAGE, type Usage } from '../event/usage.ts';
import type { Verdict } from './judge.ts';
import type { Shares } from './shares.ts';

/** Where one call of the turn stands. */
export interface CallState {
  readonly index: number;
  /** Under the id that the history has; the arguments as the model wrote them, or as a person edited them. */
  readonly call: ToolCall;
  readonly status: 'open' | 'waived' | 'pending' | 'approved' | 'closed';
  readonly isEdited: boolean;
  /** As the model wrote it, if a person edited it. */
  readonly written?: ToolCall;
  /** Whether its tool may wait for somebody outside, as it was when the model made the call. */
  readonly mayWait: boolean;
  /** How often a crash or its tool left it open, and somebody was asked. */
  readonly doubts: number;
  /** How often it was asked for once more, since its tool's definition had changed. */
  readonly repeats: number;
  readonly pending?: PendingCall;
  /** What the run inside the run waits for that is this call. */
  readonly inner?: readonly PendingCall[];
  readonly closed?: ToolCallClosedEvent;
}

/** The model's last reply, until something came of it. */
export interface PendingAnswer {
  readonly verdict: Verdict;
  readonly text: string;
  readonly refusal: string;
  readonly clampedByLimit: LimitName | undefined;
  /** Of an output guard. */
  readonly rejection: Rejection | undefined;
}

/** Why nothing more can be done. */
export type Ended =
  | { readonly status: 'aborted'; readonly reason: string }
  | { readonly status: 'refused'; readonly refusal: string; readonly guard?: string }
  | { readonly status: 'failed'; readonly error: ErrorData; readonly attempts: readonly FailedAttempt[] }
  | { readonly status: 'limited'; readonly limit: LimitName; readonly max: number; readonly spent: number };

/** A tool's turns in a row whose arguments did not pass. */
export interface Misses {
  readonly turns: number;
  readonly issue: string;
}

/** A call that fails again and again. */
export interface Failing {
  readonly tool: string;
  readonly count: number;
  /** How often it had failed when the model was told that it is stuck here. */
  readonly toldAt: number | undefined;
}

/** The beginning of a conversation, as a server counted it. */
export interface Counted {
  /** Instructions and tools included. */
  readonly tokens: number;
  readonly messages: number;
}

/** What the agent that speaks sees of the conversation, if a handoff does not show it everything. */
export interface SpeakerView {
  readonly history: History;
  /** Messages that it does not see. */
  readonly hidden: readonly Message[];
  /** How many messages the whole conversation had at the handoff. */
  readonly since: number;
}

export interface Over {
  readonly limit: 'toolCalls' | 'handoffs';
  readonly around?: { readonly max: number; readonly spent: number };
}

/** What is known of a run: its facts, folded. */
export interface RunState {
  /** The conversation, whole. */
  readonly history: History;
  /** What the agent that speaks sees of it; `undefined` if that is all. */
  readonly view: SpeakerView | undefined;
  /** What the history had before middleware put something else in its place. */
  readonly earlier: readonly Message[];
  /** What middleware keeps from turn to turn. */
  readonly memory: Readonly<Record<string, Json>>;
  /** How large what the speaker sees was when a server last counted it. */
  readonly counted: Counted | undefined;
  /** Requests that were made. */
  readonly turn: number;
  /** The tools of this turn, where middleware chose among them. */
  readonly tools: readonly string[] | undefined;
  readonly calls: readonly CallState[];
  /** What came of the calls of the turn that is over; empty once the model has said something else. */
  readonly results: readonly ToolCallClosedEvent[];
  /** What the user wrote while calls were pending. */
  readonly interruption: UserMessage | undefined;
  readonly word: PendingAnswer | undefined;
  readonly output: OutputCheckedEvent['result'] | undefined;
  readonly isParked: boolean;
  readonly usage: Usage;
  /** The tokens and the cost of the last request. */
  readonly lastUsage: Usage;
  /** Who has taken how much of each cap. */
  readonly shares: Shares;
  readonly toolCalls: number;
  readonly activeMs: number;
  readonly asked: { readonly empty: number; readonly cut: number; readonly output: number };
  /** How often in a row each output guard has had the model asked again. */
  readonly guardRetries: ReadonlyMap<string, number>;
  readonly misses: ReadonlyMap<string, Misses>;
  /** By tool and arguments. */
  readonly failing: ReadonlyMap<string, Failing>;
  /** The cap that refused calls would have passed; with numbers where it may be that of a run around this one. */
  readonly over: Over | undefined;
  /** Who speaks since the conversation was handed over, and how it was. */
  readonly speaker: HandoffCompletedEvent | undefined;
  /** How often it was. */
  readonly handoffs: number;
  /** The limit for which the last turn without tools was announced. */
  readonly last: LimitApproachingEvent | undefined;
  readonly ended: Ended | undefined;
}

export function initialState(history: History): RunState {
  return {
    history,
    view: undefined,
    earlier: [],
    memory: {},
    counted: undefined,
    turn: 0,
    tools: undefined,
    calls: [],
    results: [],
    interruption: undefined,
    word: undefined,
    output: undefined,
    isParked: false,
    usage: NO_USAGE,
    lastUsage: NO_USAGE,
    shares: [],
    toolCalls: 0,
    activeMs: 0,
    asked: { empty: 0, cut: 0, output: 0 },
    guardRetries: NONE,
    misses: NONE,
    failing: NONE,
    over: undefined,
    speaker: undefined,
    handoffs: 0,
    last: undefined,
    ended: undefined,
  };
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();
