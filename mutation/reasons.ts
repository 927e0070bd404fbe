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

const TIE = 'equal: which of two limits that are reached at the same token is named';
const NARROWING = 'equal: the condition narrows a type, and holds whenever the code runs';

export const REASONS: readonly Reason[] = [
  {
    file: 'limits/budget.ts',
    code: "if (room < 1 && byCost < byTokens) return this.#refused('cost', this.#spent.cost);",
    changes: ['byCost < byTokens → byCost <= byTokens'],
    reason: TIE,
  },
  {
    file: 'limits/budget.ts',
    code: "clampedBy: isClamped ? (byTokens <= byCost ? ('tokens' as const) : ('cost' as const)) : undefined,",
    changes: ['byTokens <= byCost → byTokens < byCost'],
    reason: TIE,
  },
  {
    file: 'limits/budget.ts',
    code: 'if (around !== undefined && this.#around !== undefined) this.#around.#putBack(around);',
    reason: NARROWING,
  },
  {
    file: 'limits/estimate.ts',
    code: "const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];",
    reason: NARROWING,
  },
  {
    file: 'limits/limits.ts',
    code: "override readonly name = 'DurationReached';",
    reason: 'not observable: this error stays inside the loop, and nothing reads its name',
  },
];
