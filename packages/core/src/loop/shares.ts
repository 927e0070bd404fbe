import type { LimitName, LimitShare } from '../event/outcome.ts';

/** What one agent's requests, or the calls of one of its tools, have taken of each cap. */
export interface Taken extends Readonly<Partial<Record<LimitName, number>>> {
  /** `undefined`: the one that the run began with. */
  readonly agent: string | undefined;
  /** Absent: its requests to the model. */
  readonly tool?: string;
}

const LIMIT_NAMES: readonly LimitName[] = ['turns', 'toolCalls', 'handoffs', 'tokens', 'cost', 'durationMs'];

/** One for each agent and each of its tools: a handful. */
export type Shares = readonly Taken[];

/** The shares, with what was taken now. */
export function withShare(shares: Shares, taken: Taken): Shares {
  const at = shares.findIndex(({ agent, tool }) => agent === taken.agent && tool === taken.tool);
  const before = shares[at];
  return before === undefined ? [...shares, taken] : shares.with(at, sumOf(before, taken));
}

function sumOf(before: Taken, taken: Taken): Taken {
  const sums: { [Name in LimitName]?: number } = {};
  for (const name of LIMIT_NAMES) {
    const amount = taken[name];
    if (amount !== undefined) sums[name] = (before[name] ?? 0) + amount;
  }
  return { ...before, ...sums };
}

/** Who has taken how much of one cap, the most first. */
export function sharesOf(
  shares: Shares,
  { limit, agent: first }: { readonly limit: LimitName; readonly agent: string },
): readonly LimitShare[] {
  const taken = shares.map(({ agent = first, tool, [limit]: spent = 0 }): LimitShare => {
    return { agent, ...(tool === undefined ? {} : { tool }), spent };
  });
  return taken.filter(({ spent }) => spent > 0).sort((one, other) => other.spent - one.spent);
}
