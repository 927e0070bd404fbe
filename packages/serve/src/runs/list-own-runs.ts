import type { Host } from '@pawl/core';
import type { RunFilter, RunSummary } from '@pawl/core/host';
import { canSee, formatOwner } from '../access/owner.ts';
import type { Principal } from '../access/principal.ts';

interface OwnList {
  readonly principal: Principal;
  readonly filter: RunFilter;
}

/** Lists the runs that a principal may see: its own, and for an operator those of its tenant. */
export async function listOwnRuns(host: Host, { principal, filter }: OwnList): Promise<readonly RunSummary[]> {
  if (principal.isOperator !== true) return host.listRuns({ ...filter, owner: formatOwner(principal) });
  if (principal.tenant === undefined) return host.listRuns(filter);
  const { limit = PAGE } = filter;
  const found: RunSummary[] = [];
  // A host cannot select by tenant: reads page by page.
  for (let after = filter.after; found.length < limit; ) {
    const page = await host.listRuns({ ...filter, limit: PAGE, ...(after !== undefined && { after }) });
    found.push(...page.filter(({ owner }) => canSee(principal, owner)));
    if (page.length < PAGE) break;
    after = page.at(-1)?.position;
  }
  return found.slice(0, limit);
}

const PAGE = 500;
