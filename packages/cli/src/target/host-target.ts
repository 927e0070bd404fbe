import type { Answer, Host, RunEvent } from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import type { DeleteOptions, RunProgress, RunSummary } from '@pawl/core/host';
import type { RunRow } from '../run-row.ts';
import type { FollowOptions, ForkRequest, RunQuery, RunTarget } from './run-target.ts';

export interface HostTargetOptions {
  readonly spelling: string;
  /** The runs file, if the runs are in one. */
  readonly file?: string;
  /** Closes what belongs to the host, such as the store of its conversations. */
  readonly onClose?: () => Promise<void>;
}

/** The runs of a host in this process. */
export class HostTarget implements RunTarget {
  readonly spelling: string;
  readonly isServer = false;
  readonly host: Host;
  readonly file: string | undefined;
  readonly #onClose: (() => Promise<void>) | undefined;
  #closed: Promise<void> | undefined;

  constructor(host: Host, { spelling, file, onClose }: HostTargetOptions) {
    this.host = host;
    this.spelling = spelling;
    this.file = file;
    this.#onClose = onClose;
  }

  async list({ limit, ...filter }: RunQuery): Promise<readonly RunRow[]> {
    return (await this.host.listRuns({ ...filter, limit, order: 'desc', totals: true })).map(toRow);
  }

  async get(runId: string): Promise<RunRow> {
    return toProgressRow(await this.host.getRun(runId, { after: Number.MAX_SAFE_INTEGER }));
  }

  async readEvents(runId: string): Promise<readonly RunEvent[]> {
    const { createEventReader } = await import('@pawl/core/host');
    const { record, events } = await this.host.getRun(runId);
    return events.map(createEventReader(record));
  }

  async *follow(runId: string, options: FollowOptions): AsyncGenerator<RunEvent, void> {
    const { createEventReader } = await import('@pawl/core/host');
    const { record } = await this.host.getRun(runId, { after: Number.MAX_SAFE_INTEGER });
    const complete = createEventReader(record);
    let seq = 0;
    for await (const each of this.host.followRun(runId, { ...options, live: true })) {
      const event = complete(each);
      ({ seq } = event);
      yield event;
    }
    const { status, outcome } = await this.host.getRun(runId, { after: Number.MAX_SAFE_INTEGER });
    if (outcome === undefined || outcome.status !== status) return;
    // The host keeps the outcome beside the events; every other reader gets it as the last one.
    const { agent, durationMs: activeMs } = outcome;
    yield { type: 'run.finished', outcome, runId, path: '', agent, seq: seq + 1, at: record.at + activeMs, activeMs };
  }

  async answer(runId: string, pendingId: string, answer: Answer): Promise<void> {
    await this.host.answer(runId, pendingId, answer);
  }

  async sendMessage(runId: string, message: UserMessage): Promise<void> {
    await this.host.sendMessage(runId, message);
  }

  async cancel(runId: string, reason: string | undefined): Promise<void> {
    await this.host.cancel(runId, reason === undefined ? {} : { reason });
  }

  fork(runId: string, request: ForkRequest): Promise<string> {
    return this.host.fork(runId, request);
  }

  delete(options: DeleteOptions): Promise<number> {
    return this.host.deleteRuns(options);
  }

  close(graceMs = 0): Promise<void> {
    this.#closed ??= this.host.close({ graceMs }).finally(() => this.#onClose?.());
    return this.#closed;
  }
}

function toRow({ runId, agent, status, startedAt, metadata, outcome, totals }: RunSummary): RunRow {
  const usage = outcome?.usage ?? totals?.usage;
  return {
    runId,
    agent,
    status,
    startedAt,
    metadata,
    ...(outcome !== undefined && { outcome }),
    ...(usage !== undefined && { usage }),
  };
}

function toProgressRow({ record: { runId, agent, at: startedAt, metadata }, status, outcome }: RunProgress): RunRow {
  return {
    runId,
    agent,
    status,
    startedAt,
    metadata,
    ...(outcome !== undefined && { outcome, usage: outcome.usage }),
  };
}
