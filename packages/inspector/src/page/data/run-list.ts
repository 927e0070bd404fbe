import type { RunState } from '@pawl/serve';
import { type Signal, signal } from '@preact/signals';
import { needsAttention, orderRuns } from '../view/order-runs.ts';
import type { RunsFilter } from '../view/route.ts';
import { listRuns, RequestError, readRun, toMessage } from './server.ts';
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
    const read = new Set([...newest.data, ...open.data].map(({ id }) => id));
    await this.#refresh(read, newest.data.at(-1)?.details);
    this.#put([...open.data, ...newest.data]);
    this.isLoaded.value = true;
  }

  async #readPages(): ReturnType<typeof readPages> {
    return readPages(this.#query());
  }

  /** A run that was open or recent, and is on neither page any more, has changed or is deleted. */
  async #refresh(read: ReadonlySet<string>, oldest: RunState['details']): Promise<void> {
    const from = oldest !== undefined && 'position' in oldest ? oldest.position : Number.POSITIVE_INFINITY;
    const stale = [...this.#known.values()].filter((run) => {
      const isRecent = run.details !== undefined && 'position' in run.details && run.details.position >= from;
      return !read.has(run.id) && (isRecent || isOpen(run));
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

async function readPages(
  query: Readonly<Record<string, string | undefined>>,
): Promise<readonly [Awaited<ReturnType<typeof listRuns>>, Awaited<ReturnType<typeof listRuns>>]> {
  const newest = listRuns(query);
  if (query['status'] !== undefined) return [await newest, { data: [], next: null }];
  return Promise.all([newest, listRuns({ ...query, status: OPEN })]);
}

function isOpen(run: RunState): boolean {
  return needsAttention(run) || run.status === 'running' || run.status === 'queued';
}
