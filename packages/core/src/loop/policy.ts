import type { ResolvedLimits } from '../limits/limits.ts';
import type { Conclusion } from './action.ts';
import type { StopState } from './stop.ts';

/** What `decide` knows of an agent and a run, beside the facts. */
export interface Policy {
  readonly limits: ResolvedLimits;
  readonly hasTools: boolean;
  /** How the run ends before the model is asked again, where a rule of the agent's says that it does. */
  stopsAt?(state: StopState): Conclusion | undefined;
  readonly hasOutput: boolean;
  readonly maxOutputRetries: number;
  /** How many turns in a row a tool's arguments may fail. */
  correctionsOf(tool: string): number;
  /** Whether calls of a tool hand the conversation over to another agent. */
  handsOver(tool: string): boolean;
  /** A hash of a tool's definition; `undefined` if there is no such tool. */
  definitionOf(tool: string): string | undefined;
  /** Whether calls of a tool may have to wait for somebody outside. */
  mayWait(tool: string): boolean;
}
