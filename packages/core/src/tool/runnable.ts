import type { JsonObject } from '../base/json.ts';
import type { CompletedOutcome, LimitName } from '../event/outcome.ts';

/** An agent or a flow, as `run` of a tool, of middleware or of a flow takes it. */
export interface Runnable<in Context = never, in Input = never, out Output = unknown> {
  readonly name: string;
  /** Agents and flows have it; tools do not. */
  resume(runId: string, ...options: never[]): unknown;
  /** Never set; it carries types only. */
  readonly '~run'?: (input: Input, context: Context) => Output;
}

export interface ChildRunOptions {
  /**
   * The name of the step, unique in the call, the middleware or the flow that begins the run: 1 to 100 characters without `/`, `:` and
   * control characters. A resumed run finds what it has recorded by this name, so the code must give the same name again.
   */
  readonly step: string;
  /** Each limit replaces that of the agent. The limits of the outer run hold as well. */
  readonly limits?: Readonly<Partial<Record<LimitName, number>>>;
  /**
   * The first state of the run, for an agent with `state`: for example `state` of the outcome of an earlier step. With another state a
   * resumed flow has diverged.
   *
   * @defaultValue what the schema makes of an empty object
   */
  readonly state?: JsonObject | undefined;
}

/**
 * Runs an agent or a flow inside this run: within its budget, its signal and its host, with its context; its events have their `path`.
 *
 * - Resolves with the completed outcome. Rejects with a `RunError`, as `await agent.run(…)` does.
 * - If the run inside waits for an answer, it rejects with a `RunSuspendedError`, and the whole run is suspended, whatever the code makes of
 *   that error. When the run is resumed, the code runs again from its beginning, and finds the runs inside by their names.
 */
export type RunChild<Context> = <Input, Output>(
  agent: Runnable<Context, Input, Output>,
  input: NoInfer<Input>,
  options: ChildRunOptions,
) => Promise<CompletedOutcome<Output>>;
