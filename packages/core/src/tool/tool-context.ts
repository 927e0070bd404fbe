import type { Json, JsonObject } from '../base/json.ts';
import type { Message } from '../chat/message.ts';
import type { RunChild } from './runnable.ts';

/** The second argument of `execute` and of the other functions of a tool. */
// biome-ignore lint/suspicious/noExplicitAny: a variance seam, as the tool does not know the agent's state
export interface ToolContext<Context = unknown, State = any> {
  /** Aborted at the tool's deadline and when the run ends. */
  readonly signal: AbortSignal;
  /** The application's value that was passed to `agent.run`. */
  readonly context: Context;
  readonly toolCallId: string;
  /** The same for every attempt at this call, also after a crash. */
  readonly idempotencyKey: string;
  readonly runId: string;
  /** The position in a tree of runs; `''` for the run itself. */
  readonly path: string;
  /** The W3C trace context header to pass on, if the caller set one. */
  readonly traceparent: string | undefined;
  /** The W3C `tracestate` header that belongs to it. */
  readonly tracestate: string | undefined;
  /**
   * The state of the `SuspendRun` that suspended this call, and the value of the `resume` answer. `undefined` if the call was not
   * suspended with a state. The value comes from outside: check it. To ask again, throw another `SuspendRun`.
   */
  readonly resumeData: ResumeData | undefined;
  /**
   * Runs an agent or a flow inside this call: `run(planner, topic, { step: 'plan' })`. See `RunChild`. Its time counts for the deadline of
   * the tool. Rejects with a `ConfigError` in `needsApproval` and `preview`.
   */
  readonly run: RunChild<Context>;
  /** The state of the run that the agent declares with its option `state`. */
  readonly state: ToolState<State>;
  /** Emits a `tool.progress` event. The event may be lost, and the model does not see it. */
  reportProgress(progress: Json): void;
  /**
   * Adds a callback for the moment at which this process leaves the run: it has ended, is suspended or aborted, or the host has released
   * it and its work here has stopped. In a nested run this is the outermost run. It is for what a tool holds in this process for a run, for example a connection.
   *
   * - Called once, also if several calls add the same function. Called immediately if this process has left the run.
   * - The run waits for it before another process can continue the run, for at most 5 seconds.
   * - An error is reported as a `listener.failed` event, and changes nothing else.
   * - Not called if the process crashes.
   *
   * @throws ConfigError if the callback is not a function
   */
  onRunEnd(callback: () => void | Promise<void>): void;
}

/** The state of a run, as a call of a tool sees it. */
export interface ToolState<State> {
  /** The state before the turn's calls that run now, with the changes of this call. `undefined` if no agent of the run has a state. */
  readonly value: State;
  /**
   * Changes fields of the state; `undefined` removes a field. Resolves the state with the change, which is recorded with the result of the call:
   * if the call fails, nothing changes.
   *
   * - Calls that run in parallel do not see each other's changes. Their changes are merged by `stateRules` of the agent, in the order of the
   *   calls. A change that conflicts is dropped as a whole, and the model reads that.
   * - Only `execute` changes it, not `needsApproval` or `preview`.
   *
   * Rejects with `state.invalid` if the state would not match its schema.
   */
  update(change: Partial<State> | ((current: State) => Partial<State> | Promise<Partial<State>>)): Promise<State>;
}

/** The next turn of a run, for what decides about it: which tools it has, what its instructions are. */
export interface UpcomingTurn {
  /** Counted from 1. */
  readonly turn: number;
  /** What the active agent sees of the conversation, without instructions. */
  readonly messages: readonly Message[];
  /** The state of the run; `undefined` if no agent of the run has one. */
  readonly state: JsonObject | undefined;
  readonly runId: string;
  /** The position in a tree of runs; `''` for the run itself. */
  readonly path: string;
}

/** What a tool gets when it runs again after a suspension with a state. */
export interface ResumeData {
  /** As the tool gave it to `SuspendRun`. */
  readonly state: Json;
  /** As the person or program that answered gave it. */
  readonly value: Json;
}
