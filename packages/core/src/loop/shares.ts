import type { LimitName, Share } from '../event/outcome.ts';

/** What one agent's requests, or the calls of one of its tools, have taken of each cap. */
export interface Taken extends Readonly<Partial<Record<LimitName, number>>> {
  /** `undefined`: the one that the run began with. */
  readonly agent: string | undefined;
  /** Absent: its requests to the model. */
  readonly tool?: string;
}

export type Shares = ReadonlyMap<string, Taken>;

/** The shares, with what was taken now. */
export function withShare(shares: Shares, { agent, tool, ...amounts }: Taken): Shares {
  const key = JSON.stringify([agent, tool]);
  const before: Taken = shares.get(key) ?? { agent, ...(tool === undefined ? {} : { tool }) };
  const sums = Object.entries(amounts).map(([name, amount]) => [name, (before[name as LimitName] ?? 0) + amount]);
  return new Map(shares).set(key, { ...before, ...Object.fromEntries(sums) });
}

/** Who has taken how much of one cap, the most first. */
export function sharesOf(
  shares: Shares,
  { limit, agent: first }: { readonly limit: LimitName; readonly agent: string },
): readonly Share[] {
  const taken = [...shares.values()].map(({ agent = first, tool, [limit]: spent = 0 }): Share => {
    return { agent, ...(tool === undefined ? {} : { tool }), spent };
  });
  return taken.filter(({ spent }) => spent > 0).sort((one, other) => other.spent - one.spent);
}
