import type { RememberedFact, RunFilter, RunProgress, RunRecord, RunSummary } from '../host/host.ts';
import { checkFilter, checkPosition } from '../host/run-filter.ts';
import { pathOf } from '../host/step-order.ts';
import type { ListedRow, RunRow, RunTable } from './run-table.ts';
import type { StepTable } from './step-table.ts';

export interface RunReaderOptions {
  readonly runTable: RunTable;
  readonly stepTable: StepTable;
  /** Whether nobody works on a run. */
  readonly isFree: (row: RunRow) => boolean;
  /** Does what reads, and makes an error of SQLite's one that names the file. */
  readonly guard: <T>(read: () => T) => T;
}

/** What is known of the runs of a file, whoever works on them. */
export class RunReader {
  readonly #options: RunReaderOptions;

  constructor(options: RunReaderOptions) {
    this.#options = options;
  }

  /** @throws DurableError `run.unknown`; ConfigError for what is no position. */
  read(runId: string, after: number): RunProgress {
    const { runTable, stepTable, guard } = this.#options;
    const known = checkPosition(after, 'read: after');
    return guard(() => {
      // The row first: a run that has ended by then has no facts that come later.
      const row = runTable.get(runId);
      const facts = stepTable.since(row.number, known).map(({ position, name, value }): RememberedFact => {
        return { position, path: pathOf(name), fact: JSON.parse(value) };
      });
      const record = runTable.record(row);
      const outcome = runTable.outcome(row);
      return { record, status: this.#statusOf(row), facts, ...(outcome === undefined ? {} : { outcome }) };
    });
  }

  /** In pages, between which others are served: there may be any number of runs. @throws ConfigError for what is no filter. */
  async list(given: RunFilter | undefined): Promise<readonly RunSummary[]> {
    const { runTable, guard } = this.#options;
    const { limit, ...filter } = checkFilter(given);
    const summaries: RunSummary[] = [];
    let after = filter.after;
    while (summaries.length < limit) {
      const page = guard(() => runTable.page({ ...filter, ...(after !== undefined && { after }) }));
      const found = page.map((row) => this.#summary(row));
      summaries.push(...found.filter(({ status }) => (filter.status ?? status) === status));
      after = page.at(-1)?.number;
      if (after === undefined) break;
      await nextTurn();
    }
    return summaries.slice(0, limit);
  }

  /** The runs of an agent that nobody works on, and that have something to do. */
  left(agent: string, now: number): readonly RunRecord[] {
    const { runTable, isFree, guard } = this.#options;
    return guard(() => {
      const rows = runTable.unfinished(agent, now).filter(isFree);
      return rows.map((row) => runTable.record(row));
    });
  }

  #summary(row: ListedRow): RunSummary {
    const { runId, agent, number: position, metadata, startedAt, updatedAt, attempts, outcome } = row;
    const known = { runId, agent, status: this.#statusOf(row), metadata, position, startedAt, updatedAt, attempts };
    return { ...known, ...(outcome === undefined ? {} : { outcome }) };
  }

  #statusOf(row: RunRow): RunSummary['status'] {
    return row.status === 'running' && this.#options.isFree(row) ? 'interrupted' : row.status;
  }
}

/** Timers and whatever else waits come first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
