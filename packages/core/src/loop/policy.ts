import type { Conclusion } from '../event/outcome.ts';
import type { ResolvedLimits } from '../limits/limits.ts';
import type { CallState } from './state.ts';
import type { StopState } from './stop-condition.ts';

/** An output that a stop condition gave. */
export interface UncheckedOutput {
  readonly unchecked: string;
}

/** What `decide` knows of an agent and a run besides the state. */
export interface Policy {
  readonly limits: ResolvedLimits;
  readonly hasTools: boolean;
  /** Returns how the run ends before the next request, or the text of an output to check, if a stop condition of the agent ends it. */
  applyStopConditions?(state: StopState): Conclusion | UncheckedOutput | undefined;
  /** Whether a text has to be checked before it is the output of the run. */
  readonly checksOutput: boolean;
  readonly maxOutputRetries: number;
  /** In how many turns in a row the model may correct invalid input for a tool. */
  getMaxInputRetries(tool: string): number;
  /** Whether a call of the tool hands the conversation over to another agent. */
  isHandoff(tool: string): boolean;
  /** Returns the hash of a tool's definition; `undefined` if the agent has no such tool. */
  getDefinitionHash(tool: string): string | undefined;
  /** Whether an earlier attempt at the run has recorded what the call came to. Absent: none has. */
  isRecorded?(turn: number, call: CallState): boolean;
  /** Whether a call of the tool may have to wait for an approval or an external result. */
  canWait(tool: string): boolean;
}
