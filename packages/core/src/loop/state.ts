import type { Json } from '../base/json.ts';
import type { History } from '../chat/history.ts';
import type { Message, ToolCall, UserMessage } from '../chat/message.ts';
import type {
  HandoffCompletedEvent,
  LimitApproachingEvent,
  OutputCheckedEvent,
  ToolCallClosedEvent,
} from '../event/journal-event.ts';
import type { Conclusion, LimitName, PendingCall, StandingApproval } from '../event/outcome.ts';
import type { Rejection } from '../event/rejection.ts';
import type { RememberedState } from '../event/remembered-state.ts';
import { NO_USAGE, type Usage } from '../event/usage.ts';
import type { ResumeData } from '../tool/tool-context.ts';
import type { ResponseKind } from './classify-response.ts';
import type { Shares } from './shares.ts';

/** The state of one tool call of the turn. */
export interface CallState {
  readonly index: number;
  /** Has the id of the history. The arguments are as the model wrote them, or as a person edited them. */
  readonly call: ToolCall;
  readonly status: 'open' | 'waived' | 'pending' | 'approved' | 'closed';
  readonly isEdited: boolean;
  /** The call as the model wrote it, if a person edited it. */
  readonly originalCall?: ToolCall;
  /** Whether the call may have to wait for an external answer, by the agent that got it from the model. */
  readonly canWait: boolean;
  /** How often the call was left open by a crash or suspended by its tool, and a person was asked. */
  readonly unknownOutcomes: number;
  /** How often approval was requested again because the definition of the tool had changed. */
  readonly repeats: number;
  readonly pending?: PendingCall;
  /** The state with which the tool suspended the call last. */
  readonly suspendedState?: Json | undefined;
  /** What the tool gets when it runs again; `undefined` unless the last suspension had a state and was answered with `resume`. */
  readonly resumeData?: ResumeData | undefined;
  /** The pending calls of the nested run that this call is, or of those that its tool runs. */
  readonly nestedPending?: readonly PendingCall[] | undefined;
  /** How often runs that the tool began have suspended the call, if any did. */
  readonly suspensions?: number;
  /** The approval of an earlier call that covers this one. */
  readonly standingApproval?: StandingApproval | undefined;
  readonly closedBy?: ToolCallClosedEvent;
}

/** The model's last response, until the loop has acted on it. */
export interface LastResponse {
  readonly kind: ResponseKind;
  readonly text: string;
  readonly refusal: string;
  readonly clampedByLimit: LimitName | undefined;
  /** Set if an output guard rejected the response. */
  readonly rejection: Rejection | undefined;
}

/** Why the run cannot continue. For a flow it is any end that its code takes. */
export type RunEnd = Conclusion;

/** How many turns in a row had only invalid calls of a tool. */
export interface InvalidCallCount {
  readonly turns: number;
  readonly issue: string;
}

/** A call that the model repeats although it fails. */
export interface RepeatedFailure {
  readonly tool: string;
  readonly count: number;
  /** The count at which the model got a warning; `undefined` before. */
  readonly reportedAt: number | undefined;
}

/** The beginning of the conversation whose tokens a server has counted. */
export interface CountedPrefix {
  /** Includes the instructions and the tools. */
  readonly tokens: number;
  readonly messages: number;
}

/** The part of the conversation that the active agent sees, if the handoff has an input filter. */
export interface FilteredHistory {
  readonly history: History;
  /** The messages that the agent does not see. */
  readonly hiddenMessages: readonly Message[];
  /** The length of the whole conversation at the handoff. */
  readonly lengthAtHandoff: number;
}

export interface ExceededLimit {
  readonly limit: 'toolCalls' | 'handoffs';
  readonly outerLimit?: { readonly max: number; readonly spent: number };
}

/** The state of a run: its journal events, folded. */
export interface RunState {
  /** The whole conversation. */
  readonly history: History;
  /** What the active agent sees of the conversation; `undefined` if it sees everything. */
  readonly filteredHistory: FilteredHistory | undefined;
  /** Messages that middleware replaced. */
  readonly replacedMessages: readonly Message[];
  /** The state that the agents declare; `undefined` if none of them has one. */
  readonly remembered: RememberedState | undefined;
  /** Values that middleware keeps from turn to turn. */
  readonly memory: Readonly<Record<string, Json>>;
  /** The last token count by a server of what the active agent sees. */
  readonly countedPrefix: CountedPrefix | undefined;
  /** The number of requests so far. */
  readonly turn: number;
  /** The tools of this turn; `undefined` if middleware did not select any. */
  readonly tools: readonly string[] | undefined;
  /** Whether the active agent has called a tool in this run. */
  readonly hasCalled: boolean;
  readonly calls: readonly CallState[];
  /** The results of the last turn; empty once the model has responded again. */
  readonly results: readonly ToolCallClosedEvent[];
  /** A message that the user wrote while calls were pending. */
  readonly interruption: UserMessage | undefined;
  readonly lastResponse: LastResponse | undefined;
  readonly output: OutputCheckedEvent['result'] | undefined;
  readonly isSuspended: boolean;
  readonly usage: Usage;
  /** The usage of the last request. */
  readonly lastUsage: Usage;
  /** How much of each limit every agent and tool has spent. */
  readonly shares: Shares;
  readonly toolCalls: number;
  readonly activeMs: number;
  readonly reprompts: { readonly empty: number; readonly cut: number; readonly output: number };
  /** How often in a row each output guard rejected a response. */
  readonly guardRetries: ReadonlyMap<string, number>;
  readonly invalidCalls: ReadonlyMap<string, InvalidCallCount>;
  /** By signature of the call. */
  readonly repeatedFailures: ReadonlyMap<string, RepeatedFailure>;
  /** The limit that refused calls would have exceeded. `outerLimit` has its numbers if it may be the limit of an outer run. */
  readonly exceededLimit: ExceededLimit | undefined;
  /** The last handoff, which names the active agent; `undefined` if the first agent is active. */
  readonly speaker: HandoffCompletedEvent | undefined;
  /** The approvals of later calls. */
  readonly standingApprovals: readonly StandingApproval[];
  /** The agent to which the run hands over before its first turn. */
  readonly startingAgent: string | undefined;
  /** The number of handoffs. */
  readonly handoffs: number;
  /** The limit for which the last turn, without tools, was announced. */
  readonly approachingLimit: LimitApproachingEvent | undefined;
  readonly runEnd: RunEnd | undefined;
}

export function createState(history: History): RunState {
  return {
    history,
    filteredHistory: undefined,
    replacedMessages: [],
    remembered: undefined,
    memory: {},
    countedPrefix: undefined,
    turn: 0,
    tools: undefined,
    hasCalled: false,
    calls: [],
    results: [],
    interruption: undefined,
    lastResponse: undefined,
    output: undefined,
    isSuspended: false,
    usage: NO_USAGE,
    lastUsage: NO_USAGE,
    shares: [],
    toolCalls: 0,
    activeMs: 0,
    reprompts: { empty: 0, cut: 0, output: 0 },
    guardRetries: NONE,
    invalidCalls: NONE,
    repeatedFailures: NONE,
    exceededLimit: undefined,
    speaker: undefined,
    standingApprovals: [],
    startingAgent: undefined,
    handoffs: 0,
    approachingLimit: undefined,
    runEnd: undefined,
  };
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();
