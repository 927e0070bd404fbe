import type { LimitName, LimitShare } from '../event/outcome.ts';

/** How much of each limit an agent's requests, or the calls of one of its tools, have spent. */
export interface SpentShare extends Readonly<Partial<Record<LimitName, number>>> {
  /** `undefined` for the agent that began the run. */
  readonly agent: string | undefined;
  /** Absent for requests to the model. */
  readonly tool?: string;
}

const LIMIT_NAMES: Readonly<Record<LimitName, true>> = {
  turns: true,
  toolCalls: true,
  handoffs: true,
  tokens: true,
  cost: true,
  durationMs: true,
};

/** One entry for each agent and each of its tools. */
export type Shares = readonly SpentShare[];

/** Adds amounts to the share of an agent or a tool. */
export function addShare(shares: Shares, taken: SpentShare): Shares {
  const at = shares.findIndex(({ agent, tool }) => agent === taken.agent && tool === taken.tool);
  const before = shares[at];
  return before === undefined ? [...shares, taken] : shares.with(at, addAmounts(before, taken));
}

function addAmounts(before: SpentShare, taken: SpentShare): SpentShare {
  const sums: { [Name in LimitName]?: number } = {};
  for (const name of Object.keys(LIMIT_NAMES) as LimitName[]) {
    // The keys are exactly the names.
    const amount = taken[name];
    if (amount !== undefined) sums[name] = (before[name] ?? 0) + amount;
  }
  return { ...before, ...sums };
}

/** Lists how much of one limit each agent and tool has spent, the largest share first. */
export function listShares(
  shares: Shares,
  { limit, agent: first }: { readonly limit: LimitName; readonly agent: string },
): readonly LimitShare[] {
  const taken = shares.map(({ agent = first, tool, [limit]: spent = 0 }): LimitShare => {
    return { agent, ...(tool === undefined ? {} : { tool }), spent };
  });
  return taken.filter(({ spent }) => spent > 0).sort((one, other) => other.spent - one.spent);
}
