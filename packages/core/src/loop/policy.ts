import type { ResolvedLimits } from '../limits/limits.ts';

/** What `decide` knows of an agent and a run, beside the facts. */
export interface Policy {
  readonly limits: ResolvedLimits;
  readonly hasTools: boolean;
  readonly hasOutput: boolean;
  readonly outputCorrections: number;
  /** How many turns in a row a tool's arguments may fail. */
  correctionsOf(tool: string): number;
  /** Whether calls of a tool may have to wait for somebody outside. */
  mayWait(tool: string): boolean;
}
