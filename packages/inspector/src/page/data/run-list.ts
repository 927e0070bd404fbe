import type { RunState } from '@pawl/serve';
import { type Signal, signal } from '@preact/signals';
import { needsAttention, orderRuns } from '../view/order-runs.ts';
import type { RunsFilter } from '../view/route.ts';
import { listRuns, RequestError, type RunPage, readRun, toMessage } from './server.ts';
import { pollWhileVisible } from './state.ts';

const PAGE = 100;
/** Those that can still change. */
const OPEN = 'suspended,interrupted,failed,running,queued';

/** The runs of a filter: the newest page and those that need attention are read each second, older pages as they are scrolled to. */
export class RunList {
  readonly runs: Signal<readonly RunState[]> = signal([]);
  readonly isLoaded: Signal<boolean> = signal(false);
  readonly problem: Signal<string | undefined> = signal(undefined);
  readonly #filter: RunsFilter;
  readonly #known = new Map<string, RunState>();
  readonly #stop: () => void;
  /** Where the next older page begins; `null` if there is none, `undefined` before the first. */
  #next: number | null | undefined;
  #isLoadingMore = false;

  constructor(filter: RunsFilter) {
    this.#filter = filter;
    this.#stop = pollWhileVisible(() => this.#poll());
  }

  close(): void {
    this.#stop();
  }

  /** Reads the next older page, if there is one. */
  async loadMore(): Promise<void> {
    if (this.#isLoadingMore || this.#next === null || this.#next === undefined) return;
    this.#isLoadingMore = true;
    try {
      const page = await listRuns({ ...this.#query(), after: String(this.#next) });
      this.#next = page.next;
      this.#put(page.data);
    } catch (error) {
      this.problem.value = toMessage(error);
    }
    this.#isLoadingMore = false;
  }

  async #poll(): Promise<void> {
    const [newest, open] = await this.#readPages().catch((error: unknown) => {
      this.problem.value = toMessage(error);
      this.isLoaded.value = true;
      throw error;
    });
    this.problem.value = undefined;
    if (this.#next === undefined) this.#next = newest.next;
    await this.#refresh(newest, open);
    this.#put([...open.data, ...newest.data]);
    this.isLoaded.value = true;
  }

  async #readPages(): ReturnType<typeof readPages> {
    return readPages(this.#query());
  }

  /** A run that would be on one of the pages, and is on neither any more, has changed or is deleted. */
  async #refresh(newest: RunPage, open: RunPage): Promise<void> {
    const read = new Set([...newest.data, ...open.data].map(({ id }) => id));
    const [newestEnd, openEnd] = [findEnd(newest), findEnd(open)];
    const stale = [...this.#known.values()].filter((run) => {
      const position = readPosition(run);
      return !read.has(run.id) && (position >= newestEnd || (isOpen(run) && position >= openEnd));
    });
    await Promise.all(stale.slice(0, 20).map((run) => this.#readAgain(run)));
  }

  async #readAgain(run: RunState): Promise<void> {
    try {
      const { details: _, ...fresh } = await readRun(run.id);
      const isSelected = this.#filter.status === undefined || this.#filter.status === fresh.status;
      if (isSelected) this.#known.set(run.id, { ...run, ...fresh });
      else this.#known.delete(run.id);
    } catch (error) {
      if (error instanceof RequestError && error.status === 404) this.#known.delete(run.id);
      else throw error;
    }
  }

  #query(): Readonly<Record<string, string | undefined>> {
    const { status, agent, conversation, text } = this.#filter;
    return { limit: String(PAGE), status, agent, conversation, text };
  }

  #put(runs: readonly RunState[]): void {
    for (const run of runs) this.#known.set(run.id, run);
    this.runs.value = orderRuns([...this.#known.values()]);
  }
}

/** A filter of one status has no second page. */
async function readPages(
  query: Readonly<Record<string, string | undefined>>,
): Promise<readonly [newest: RunPage, open: RunPage]> {
  const newest = listRuns(query);
  if (query['status'] !== undefined) return [await newest, await newest];
  return Promise.all([newest, listRuns({ ...query, status: OPEN })]);
}

/** The position up to which a page has all runs that it selects. */
function findEnd({ data, next }: RunPage): number {
  const last = data.at(-1);
  return next === null || last === undefined ? Number.NEGATIVE_INFINITY : readPosition(last);
}

function readPosition({ details }: RunState): number {
  return details !== undefined && 'position' in details ? details.position : Number.NEGATIVE_INFINITY;
}

function isOpen(run: RunState): boolean {
  return needsAttention(run) || run.status === 'running' || run.status === 'queued';
}
