import type { Json } from '../base/json.ts';
import type { Message, ToolCall } from '../chat/message.ts';
import type { Answer } from './answer.ts';
import type { ErrorData } from './error-data.ts';
import type { FailedAttempt } from './failed-attempt.ts';
import type { Usage } from './usage.ts';

/** The caps that a run can have. */
export type LimitName = 'turns' | 'toolCalls' | 'handoffs' | 'tokens' | 'cost' | 'durationMs';

/** A call that waits for a person, or for another program. */
export interface PendingCall {
  /** What to answer to: `host.answer(runId, id, …)`. Of a run inside the run it begins with that one's path. */
  readonly id: string;
  /**
   * `approval`: it has not run. `response`: its tool has no `execute`, the answer is its value. `unknown_outcome`: a crash left it open;
   * approve it to run it again, response with what came of it, or deny it so that the model is told that nobody knows. `suspended`: its
   * tool threw `SuspendRun`; approve it to run it again, or response with its value.
   */
  readonly reason: 'approval' | 'external_result' | 'unknown_outcome' | 'suspended';
  /** The kinds of answers that it takes. */
  readonly accepts: readonly Answer['type'][];
  readonly call: ToolCall;
  /** The arguments, parsed; of a custom tool the text. */
  readonly input: Json;
  /** A hash of call id, tool, exact arguments and `definitionHash`. An answer has to name it. */
  readonly fingerprint: string;
  /** A hash of the tool's definition. An approval holds for this definition alone; a denial holds for any. Absent where the tool is gone. */
  readonly definitionHash?: string;
  /** What the tool shows a person, where it has a preview. */
  readonly preview?: Json;
}

/** What every outcome has. */
export interface OutcomeBase {
  readonly runId: string;
  /** Who answered: the agent's name, or that of the last one that the conversation was handed over to. */
  readonly agent: string;
  /**
   * The conversation, instructions left out. Valid to send again as it is: calls that were open are answered here,
   * as pending or cancelled.
   */
  readonly messages: readonly Message[];
  readonly usage: Usage;
  /** Model requests that were made. */
  readonly turnCount: number;
  readonly toolCallCount: number;
  /** Time at work in milliseconds; time suspended does not count. */
  readonly durationMs: number;
}

export interface CompletedOutcome<Output = string> extends OutcomeBase {
  readonly status: 'completed';
  /** The run's last word: the text, or its parsed value where the agent has an output schema. */
  readonly output: Output;
  readonly text: string;
}

export interface SuspendedOutcome extends OutcomeBase {
  readonly status: 'suspended';
  readonly pending: readonly PendingCall[];
}

/** Who has spent how much of a limit. */
export interface LimitShare {
  readonly agent: string;
  /** The tool whose calls have spent it, agents as tools among them; absent for the agent's own requests. */
  readonly tool?: string;
  /** In the limit's own unit. */
  readonly spent: number;
}

export interface LimitedOutcome<Output = string> extends OutcomeBase {
  readonly status: 'limited';
  readonly limit: LimitName;
  readonly max: number;
  readonly spent: number;
  /**
   * Who spent it, the most first, the last turn without tools included. Of a run inside another only what is its own: the rest of `spent` is in the runs around it. Time of
   * calls side by side counts for each.
   */
  readonly spentBy: readonly LimitShare[];
  /** What the last turn without tools could still give. */
  readonly output?: Output;
  readonly text?: string;
}

export interface TruncatedOutcome extends OutcomeBase {
  readonly status: 'truncated';
  /** What there was when the server's token limit cut the response; may be empty. */
  readonly text: string;
}

export interface FilteredOutcome extends OutcomeBase {
  readonly status: 'filtered';
  /** What there was when the server's filter stopped the response; may be empty. */
  readonly text: string;
}

export interface RefusedOutcome extends OutcomeBase {
  readonly status: 'refused';
  /** The model's own words, or the reason of whoever threw `RefuseRun`. */
  readonly refusal: string;
  /** Who refused, where it was not the model: the guard's name. */
  readonly guard?: string;
}

export interface AbortedOutcome extends OutcomeBase {
  readonly status: 'aborted';
  readonly reason: string;
}

export interface FailedOutcome extends OutcomeBase {
  readonly status: 'failed';
  readonly error: ErrorData;
  /** What was tried, where a model request failed: the last one's error is `error`. */
  readonly attempts: readonly FailedAttempt[];
}

/** How a run ended. JSON throughout, unless the output schema gives something else. */
export type Outcome<Output = string> =
  | CompletedOutcome<Output>
  | SuspendedOutcome
  | LimitedOutcome<Output>
  | TruncatedOutcome
  | FilteredOutcome
  | RefusedOutcome
  | AbortedOutcome
  | FailedOutcome;
