/** Why a mutant may survive. */
export interface Reason {
  /** The end of the path: `loop/decide.ts`. */
  readonly file: string;
  /** The source line on which the mutant begins. */
  readonly code: string;
  /** `original → replacement` of the mutants that are meant; all of the line if left out. */
  readonly changes?: readonly string[];
  readonly reason: string;
}

export const REASONS: readonly Reason[] = [];
