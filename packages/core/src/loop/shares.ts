import type { LimitName, LimitShare, UsageShare } from '../event/outcome.ts';
import { addUsage, NO_USAGE, type Usage } from '../event/usage.ts';

/** The limits whose amounts are those of usage. */
type UsageLimit = 'tokens' | 'cost' | 'requests';
type AmountName = Exclude<LimitName, UsageLimit>;

/** What an agent's requests, or the calls of one of its tools, have spent. */
export interface SpentShare extends Readonly<Partial<Record<AmountName, number>>> {
  /** `undefined` for the agent that began the run. */
  readonly agent: string | undefined;
  /** Absent for requests to the model. */
  readonly tool?: string;
  readonly usage?: Usage;
  /** Who spent it in the runs of an agent that is a tool. */
  readonly inside?: readonly UsageShare[];
}

const AMOUNT_NAMES: Readonly<Record<AmountName, true>> = {
  turns: true,
  toolCalls: true,
  handoffs: true,
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
  const sums: { [Name in AmountName]?: number } = {};
  for (const name of Object.keys(AMOUNT_NAMES) as AmountName[]) {
    // The keys are exactly the names.
    const amount = taken[name];
    if (amount !== undefined) sums[name] = (before[name] ?? 0) + amount;
  }
  const usage = taken.usage && { usage: addUsage(before.usage ?? NO_USAGE, taken.usage) };
  const inside = taken.inside && { inside: addUsageShares(before.inside ?? [], taken.inside) };
  return { ...before, ...sums, ...usage, ...inside };
}

/** Adds up the shares of several runs of one agent. */
export function addUsageShares(shares: readonly UsageShare[], taken: readonly UsageShare[]): readonly UsageShare[] {
  const sums = [...shares];
  for (const share of taken) {
    const at = sums.findIndex(({ agent, tool }) => agent === share.agent && tool === share.tool);
    const before = sums[at];
    if (before === undefined) sums.push(share);
    else sums[at] = addUsageShare(before, share);
  }
  return sums;
}

function addUsageShare(one: UsageShare, other: UsageShare): UsageShare {
  const inside = other.inside && { inside: addUsageShares(one.inside ?? [], other.inside) };
  return {
    ...one,
    usage: addUsage(one.usage, other.usage),
    turnCount: one.turnCount + other.turnCount,
    toolCallCount: one.toolCallCount + other.toolCallCount,
    durationMs: one.durationMs + other.durationMs,
    ...inside,
  };
}

/** Lists how much of one limit each agent and tool has spent, the largest share first. */
export function listShares(
  shares: Shares,
  { limit, agent: first }: { readonly limit: LimitName; readonly agent: string },
): readonly LimitShare[] {
  const taken = shares.map((share): LimitShare => {
    const { agent = first, tool } = share;
    return { agent, ...(tool === undefined ? {} : { tool }), spent: getAmount(share, limit) };
  });
  return taken.filter(({ spent }) => spent > 0).sort((one, other) => other.spent - one.spent);
}

function getAmount({ usage = NO_USAGE, ...amounts }: SpentShare, limit: LimitName): number {
  switch (limit) {
    case 'tokens':
      return usage.totalTokens;
    case 'cost':
      return usage.cost;
    case 'requests':
      return usage.requests;
    case 'turns':
    case 'toolCalls':
    case 'handoffs':
    case 'durationMs':
      return amounts[limit] ?? 0;
  }
}

/**
 * Lists what each agent and tool has used: the agents in the order in which they became active, the tools of each by name. The order in
 * which parallel calls ended does not matter.
 */
export function listUsageShares(shares: Shares, first: string): readonly UsageShare[] {
  const byAgent = [...Map.groupBy(shares, ({ agent = first }) => agent).values()];
  return byAgent.flatMap((group) => group.toSorted(compareTools)).map((share) => toUsageShare(share, first));
}

function compareTools({ tool: one = '' }: SpentShare, { tool: other = '' }: SpentShare): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function toUsageShare(share: SpentShare, first: string): UsageShare {
  const { agent = first, tool, usage = NO_USAGE, turns = 0, toolCalls = 0, durationMs = 0, inside } = share;
  return {
    agent,
    ...(tool === undefined ? {} : { tool }),
    usage,
    turnCount: turns,
    toolCallCount: toolCalls,
    durationMs,
    ...(inside === undefined ? {} : { inside }),
  };
}
