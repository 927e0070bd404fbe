import type { Host } from '@pawl/core';
import type { RunFilter, RunSummary } from '@pawl/core/host';
import { canSee, formatOwner } from '../access/owner.ts';
import type { Principal } from '../access/principal.ts';

/** Which runs a principal asks for. */
export interface RunSelection {
  readonly principal: Principal;
  readonly filter: Omit<RunFilter, 'status' | 'limit'> & { readonly limit: number };
  /** Runs with one of these statuses. @defaultValue all */
  readonly statuses?: readonly RunSummary['status'][];
  /** A condition that a host cannot check. */
  readonly matches?: (run: RunSummary) => boolean;
}

export interface RunPage {
  readonly runs: readonly RunSummary[];
  /** The `after` of the next page. */
  readonly next?: number;
}

/**
 * Lists the runs that a principal may see: its own, and for an operator those of its tenant.
 *
 * A host cannot select by tenant or by `matches`: then the runs are read page by page. A page may be shorter than asked for, or empty, although
 * there is a next one: one request reads a limited number of runs.
 */
export async function listOwnRuns(host: Host, selection: RunSelection): Promise<RunPage> {
  const { principal, filter, matches } = selection;
  const { tenant, isOperator = false } = principal;
  const isSelectedHere = matches !== undefined || (isOperator && tenant !== undefined);
  const { limit } = filter;
  const found: RunSummary[] = [];
  let { after } = filter;
  for (let read = 0; read < MAX_READ; ) {
    const size = isSelectedHere ? PAGE : limit + 1;
    const page = await readPage(host, { selection, after, size });
    for (const run of page) {
      if (found.length === limit) return { runs: found, ...(after !== undefined && { next: after }) };
      after = run.position;
      if (canSee(principal, run.owner) && (matches?.(run) ?? true)) found.push(run);
    }
    if (page.length < size) return { runs: found };
    read += page.length;
  }
  return { runs: found, ...(after !== undefined && { next: after }) };
}

const PAGE = 500;

/** How many runs a request reads at most to find those that match. */
const MAX_READ = 5_000;

interface PageOptions {
  readonly selection: RunSelection;
  readonly after: number | undefined;
  readonly size: number;
}

/** A host selects by one status: the lists of several are merged. */
async function readPage(host: Host, { selection, after, size }: PageOptions): Promise<readonly RunSummary[]> {
  const { principal, filter, statuses } = selection;
  const own: RunFilter = {
    ...filter,
    limit: size,
    ...(after !== undefined && { after }),
    ...(principal.isOperator !== true && { owner: formatOwner(principal) }),
  };
  if (statuses === undefined) return host.listRuns(own);
  const lists = await Promise.all(statuses.map((status) => host.listRuns({ ...own, status })));
  const direction = filter.order === 'asc' ? 1 : -1;
  return lists
    .flat()
    .sort((one, other) => (one.position - other.position) * direction)
    .slice(0, size);
}
