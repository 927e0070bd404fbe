import type { Json, JsonObject } from '../base/json.ts';
import type { Message, ToolCall } from '../chat/message.ts';
import type { AcceptedAnswer } from './answer.ts';
import type { ErrorData } from './error-data.ts';
import type { FailedAttempt } from './failed-attempt.ts';
import type { Usage } from './usage.ts';

/** The limits of a run. */
export type LimitName = 'turns' | 'toolCalls' | 'handoffs' | 'requests' | 'tokens' | 'cost' | 'durationMs';

/** A call that waits for a person or another program. */
export interface PendingCall {
  /** The id for `host.answer(runId, id, …)`. In a run inside another it begins with the path of that run. */
  readonly id: string;
  /**
   * - `approval`: the call needs approval and has not run.
   * - `external_result`: the tool has no `execute`. Answer with the result.
   * - `unknown_outcome`: the process crashed during the call, or the tool threw `UnknownOutcomeError`. Approve it to run it again,
   *   answer with its result, or deny it, so that the model reads that the outcome is unknown.
   * - `suspended`: the tool threw `SuspendRun`. Approve the call to run it again, or answer with its result. If `SuspendRun` has a
   *   state, answer with `resume` and a value.
   */
  readonly reason: 'approval' | 'external_result' | 'unknown_outcome' | 'suspended';
  /** The types of answers that the call accepts. */
  readonly accepts: readonly AcceptedAnswer[];
  readonly call: ToolCall;
  /** The parsed arguments, or the text for a custom tool. */
  readonly input: Json;
  /** A hash of call id, tool, exact arguments and `definitionHash`. An answer must contain it. */
  readonly fingerprint: string;
  /** A hash of the tool's definition. An approval is valid only for this definition, a denial for any. Absent if the agent no longer has the tool. */
  readonly definitionHash?: string;
  /** The tool's preview of the call for a person, if it has one. */
  readonly preview?: Json;
  /**
   * What `{ type: 'approve', always: true }` approves besides this call: later calls of the tool for which its `standingApproval` returns the same
   * value; every later call if it is `true`. Part of the fingerprint. Absent if the call does not accept that answer.
   */
  readonly standingApproval?: Json;
}

/** An approval of later calls, by the answer `{ type: 'approve', always: true }`. */
export interface StandingApproval {
  /** The agent that had the tool. */
  readonly agent: string;
  readonly toolName: string;
  /** The definition of the tool that was approved. The approval does not hold for another one. */
  readonly definitionHash: string;
  /** As `standingApproval` of the pending call. */
  readonly covers: Json;
  /** The run and the call that were answered. */
  readonly runId: string;
  readonly toolCallId: string;
  /** Who answered, as passed to `host.answer`. */
  readonly by?: string;
}

/** What an agent, or one of its tools, used in a run. */
export interface UsageShare {
  readonly agent: string;
  /** The tool whose calls used it, which can be an agent. Absent for what the agent itself used, with its middleware. */
  readonly tool?: string;
  readonly usage: Usage;
  /** The turns of the agent; 0 for a tool. */
  readonly turnCount: number;
  /** The calls of the tool, with the tool calls inside it; 0 for an agent itself. */
  readonly toolCallCount: number;
  /** The time of model requests or of calls, in milliseconds. That of parallel calls counts for each of them. */
  readonly durationMs: number;
  /** The agents and tools inside a tool that is an agent. Their usage is part of `usage`. */
  readonly inside?: readonly UsageShare[];
}

/** The fields of every outcome. */
export interface OutcomeBase {
  readonly runId: string;
  /** The name of the agent, or of the last agent that took over the conversation. */
  readonly agent: string;
  /**
   * The conversation without instructions. Valid to send again: a call that was open has a result that says that it is pending or
   * cancelled.
   */
  readonly messages: readonly Message[];
  /** The state of the run, if one of its agents has a state. To continue with it, pass it to the next run: `agent.run(input, { state })`. */
  readonly state?: JsonObject;
  /** The approvals of later calls that hold at the end of the run, if there are any. */
  readonly standingApprovals?: readonly StandingApproval[];
  readonly usage: Usage;
  /**
   * What each agent and each of its tools used: agents in the order in which they became active, the tools of each by name. Their
   * `usage` adds up to that of the outcome. A tool has usage if it is an agent, or ran one.
   */
  readonly usageBy: readonly UsageShare[];
  /** The number of model requests, without repeated attempts. */
  readonly turnCount: number;
  readonly toolCallCount: number;
  /** Working time in milliseconds. Suspended time does not count. */
  readonly durationMs: number;
}

export interface CompletedOutcome<Output = string> extends OutcomeBase {
  readonly status: 'completed';
  /** The output of the run: the text, or its parsed value if the agent has an output schema. */
  readonly output: Output;
  readonly text: string;
}

export interface SuspendedOutcome extends OutcomeBase {
  readonly status: 'suspended';
  readonly pending: readonly PendingCall[];
}

/** How much of a limit an agent or a tool spent. */
export interface LimitShare {
  readonly agent: string;
  /** The tool whose calls spent it, which can be an agent. Absent for the agent's own requests. */
  readonly tool?: string;
  /** In the unit of the limit. */
  readonly spent: number;
}

export interface LimitedOutcome<Output = string> extends OutcomeBase {
  readonly status: 'limited';
  readonly limit: LimitName;
  readonly max: number;
  readonly spent: number;
  /**
   * The shares of the limit, the largest first, including the last turn without tools. A run inside another lists only its own shares;
   * the rest of `spent` is in the outer runs. The time of parallel calls counts for each of them.
   */
  readonly spentBy: readonly LimitShare[];
  /** The output of the last turn without tools, if there is one. */
  readonly output?: Output;
  readonly text?: string;
}

export interface TruncatedOutcome extends OutcomeBase {
  readonly status: 'truncated';
  /** The text up to the token limit of the server; can be empty. */
  readonly text: string;
}

export interface FilteredOutcome extends OutcomeBase {
  readonly status: 'filtered';
  /** The text up to the stop by the server's filter; can be empty. */
  readonly text: string;
}

export interface RefusedOutcome extends OutcomeBase {
  readonly status: 'refused';
  /** The refusal text of the model, or the reason of `RefuseRun`. */
  readonly refusal: string;
  /** The name of the guard, if a guard refused. */
  readonly guard?: string;
}

export interface AbortedOutcome extends OutcomeBase {
  readonly status: 'aborted';
  readonly reason: string;
}

export interface FailedOutcome extends OutcomeBase {
  readonly status: 'failed';
  readonly error: ErrorData;
  /** The failed attempts, if a model request failed. The error of the last one is `error`. */
  readonly attempts: readonly FailedAttempt[];
}

/** How a run ended. All of it is JSON, unless the output schema returns something else. */
export type Outcome<Output = string> =
  | CompletedOutcome<Output>
  | SuspendedOutcome
  | LimitedOutcome<Output>
  | TruncatedOutcome
  | FilteredOutcome
  | RefusedOutcome
  | AbortedOutcome
  | FailedOutcome;

/** How a run ends, before its transcript and usage are added. */
export type Conclusion = Bare<Outcome<unknown>>;

/** Distributes over the members of the union. */
type Bare<Each> = Each extends unknown ? Omit<Each, keyof OutcomeBase | 'spentBy'> : never;
