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

// What several mutants have in common.
export const TIE = 'equal: which of two limits that are reached at the same token is named';
export const NARROWING = 'equal: the condition narrows a type, and holds whenever the code runs';
export const EFFECT = 'equal: hosts treat every effect but `once` alike, and this step only records what is known';
export const COPY = 'equal: costs a copy that nobody can tell from the original';
export const PARSED = 'equal: what is closed is parsed before it counts as whole';
export const NO_ARGUMENTS = 'equal: what is parsed has to be an object in any case';
export const NO_WORD = 'equal: every other word means the same here';
export const NO_CASE = 'equal: a switch without this case ends with `undefined` as well';
export const BEYOND = 'equal: what is beyond the end is left out';
export const SHORTCUT = 'equal: a shortcut, which gives what the longer way gives';
export const SECOND = 'equal: only the second entry is read';
export const ANYTHING = 'equal: the pattern may end anywhere, so that what repeats at its end need not';
