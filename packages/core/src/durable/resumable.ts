import type { DurableHost, RunRecord } from './host.ts';

/** An agent, as far as a host has to know it. */
export interface Resumable<Resumed> {
  readonly name: string;
  /** No method, so that an agent that needs a context is refused here: pass it as `{ agent, context }`. */
  readonly resume: (runId: string, options: { readonly durable: DurableHost }) => Resumed;
}

/** An agent that needs a context, and where that comes from for each run that is resumed. */
export interface ResumableWithContext<Resumed> {
  readonly agent: {
    readonly name: string;
    resume(runId: string, options: { readonly durable: DurableHost; readonly context: unknown }): Resumed;
  };
  /** Gives what `agent.run` was given; the record has the run's `metadata`. */
  readonly context: (record: RunRecord) => unknown;
}
