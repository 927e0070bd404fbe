import type { Answer, JsonObject, RunEvent } from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import type { DeleteOptions } from '@pawl/core/host';
import type { CommandIo } from '../command-io.ts';
import { CliError, createUsageError } from '../errors.ts';
import type { RunRow } from '../run-row.ts';
import type { FollowOptions, ForkRequest, RunQuery, RunTarget } from './run-target.ts';
import { type ServerAddress, ServerClient } from './server-client.ts';

/** A run as `/v1/runs` sends it. */
export interface ServerRun {
  readonly id: string;
  readonly agent: string;
  readonly status: RunRow['status'];
  readonly createdAt: number;
  readonly metadata: JsonObject;
  readonly outcome: RunRow['outcome'] | null;
  readonly usage: RunRow['usage'] | null;
  /** The position of the last recorded event. Absent in a list. */
  readonly position?: number;
  /** What a server with the option `details` says. */
  readonly details?: {
    readonly metadata?: JsonObject;
    readonly updatedAt?: number;
    /** The id that the conversation of the run is stored under. */
    readonly conversation?: string | null;
    readonly totals?: { readonly usage: RunRow['usage'] } | null;
  };
}

interface ServerTargetOptions {
  readonly clock: CommandIo['clock'];
  readonly spelling: string;
}

/** The runs of a server. */
export class ServerTarget implements RunTarget {
  readonly spelling: string;
  readonly isServer = true;
  readonly client: ServerClient;
  readonly #clock: CommandIo['clock'];

  constructor(address: ServerAddress, { clock, spelling }: ServerTargetOptions) {
    this.client = new ServerClient(address);
    this.#clock = clock;
    this.spelling = spelling;
  }

  async list({ status, agent, since = 0, metadata = {}, limit }: RunQuery): Promise<readonly RunRow[]> {
    const found: RunRow[] = [];
    // The server has no filter for these two, so its pages are read until enough is found.
    const isWanted = (row: RunRow): boolean => row.startedAt >= since && hasMetadata(row, metadata);
    for await (const run of this.listPages({
      ...(status !== undefined && { status }),
      ...(agent !== undefined && { agent }),
    })) {
      if (run.createdAt < since) break;
      const row = toRow(run);
      if (isWanted(row)) found.push(row);
      if (found.length === limit) break;
    }
    return found;
  }

  /** Yields runs, the newest first. */
  async *listPages(filter: Readonly<Record<string, string>>): AsyncGenerator<ServerRun, void> {
    for (let after: number | null | undefined; after !== null; ) {
      const query = new URLSearchParams({
        ...filter,
        limit: '100',
        ...(after !== undefined && { after: String(after) }),
      });
      const page = (await this.client.send(`/v1/runs?${query}`)) as ServerPage; // The form of the runs API.
      yield* page.data;
      after = page.next;
    }
  }

  async get(runId: string): Promise<RunRow> {
    return toRow((await this.client.send(getRunPath(runId))) as ServerRun); // The form of the runs API.
  }

  /** Returns the position of the last recorded event. */
  async getPosition(runId: string): Promise<number> {
    return ((await this.client.send(getRunPath(runId))) as ServerRun).position ?? 0; // As above.
  }

  async readEvents(runId: string): Promise<readonly RunEvent[]> {
    const position = await this.getPosition(runId);
    const events: RunEvent[] = [];
    const { signal } = new AbortController();
    if (position === 0) return events;
    for await (const { event } of this.#read(runId, { after: undefined, signal, isJournal: true })) {
      if (event.position !== undefined) events.push(event);
      // A run at work would be followed.
      if ((event.position ?? 0) >= position) break;
    }
    return events;
  }

  async *follow(runId: string, { signal, untilSuspended = false }: FollowOptions): AsyncGenerator<RunEvent, void> {
    let after: string | undefined;
    for (let failures = 0; failures < MAX_FAILURES && !signal.aborted; failures++) {
      for await (const { event, cursor } of this.#read(runId, { after, signal, isJournal: false })) {
        after = cursor;
        failures = 0;
        yield event;
        if (event.type !== 'run.finished' || event.path !== '') continue;
        if (untilSuspended || event.outcome.status !== 'suspended') return;
      }
      // The connection was cut, or the run is suspended.
      await this.#clock.sleep(RECONNECT_MS * (failures + 1), signal).catch(() => undefined);
    }
    if (signal.aborted) return;
    throw new CliError(
      `${this.client.url} closed the connection. The run continues: pawl runs watch ${runId}${this.spelling}`,
      {
        reason: 'host',
        code: 'server.disconnected',
      },
    );
  }

  async *#read(
    runId: string,
    {
      after,
      signal,
      isJournal,
    }: { readonly after: string | undefined; readonly signal: AbortSignal; readonly isJournal: boolean },
  ): AsyncGenerator<{ readonly event: RunEvent; readonly cursor: string }, void> {
    const query = new URLSearchParams({ ...(after !== undefined && { after }), ...(isJournal && { journal: 'only' }) });
    try {
      for await (const line of this.client.stream(`${getRunPath(runId)}/events?${query}`, { signal })) {
        const { event, cursor, error } = line as StreamLine; // The form of the runs API.
        if (error !== undefined)
          throw new CliError(error.message, { reason: 'host', code: error.code ?? 'server.failed' });
        if (event !== undefined) yield { event, cursor: cursor ?? '' };
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async answer(runId: string, pending: string, answer: Answer): Promise<void> {
    await this.client.send(`${getRunPath(runId)}/answers`, { method: 'POST', body: { pending, answer } });
  }

  async sendMessage(runId: string, message: UserMessage): Promise<void> {
    await this.client.send(`${getRunPath(runId)}/messages`, { method: 'POST', body: { message } });
  }

  async cancel(runId: string, reason: string | undefined): Promise<void> {
    const body = { ...(reason !== undefined && { reason }) };
    await this.client.send(`${getRunPath(runId)}/cancel`, { method: 'POST', body });
  }

  async resume(runId: string): Promise<void> {
    await this.client.send(`${getRunPath(runId)}/resume`, { method: 'POST', body: {} });
  }

  async fork(runId: string, request: ForkRequest): Promise<string> {
    const { id } = (await this.client.send(`${getRunPath(runId)}/fork`, {
      method: 'POST',
      body: request,
    })) as ServerRun; // As above.
    return id;
  }

  async delete(options: DeleteOptions): Promise<number> {
    const ids = 'runIds' in options ? options.runIds : await this.#listOlderThan(options.olderThanMs);
    let count = 0;
    for (const id of ids) {
      const isKnown = await this.client.send(getRunPath(id), { method: 'DELETE' }).then(
        () => true,
        (error: unknown) => {
          if (error instanceof CliError && error.code === 'run.unknown') return false;
          throw error;
        },
      );
      if (isKnown) count++;
    }
    return count;
  }

  async #listOlderThan(ageMs: number): Promise<readonly string[]> {
    const before = this.#clock.now() - ageMs;
    const ids: string[] = [];
    for await (const { id, status, details: { updatedAt } = {} } of this.listPages({})) {
      if (updatedAt === undefined) throw createUsageError('This server does not say when runs ended. Pass --id.');
      if (!UNFINISHED.has(status) && updatedAt < before) ids.push(id);
    }
    return ids;
  }

  async close(): Promise<void> {}
}

interface ServerPage {
  readonly data: readonly ServerRun[];
  readonly next: number | null;
}

interface StreamLine {
  readonly cursor?: string;
  readonly event?: RunEvent;
  readonly error?: { readonly message: string; readonly code?: string };
}

const UNFINISHED: ReadonlySet<RunRow['status']> = new Set(['running', 'queued', 'interrupted', 'suspended'] as const);
const MAX_FAILURES = 8;
const RECONNECT_MS = 100;

function getRunPath(runId: string): string {
  return `/v1/runs/${encodeURIComponent(runId)}`;
}

function toRow({ id, agent, status, createdAt, metadata, outcome, details, ...run }: ServerRun): RunRow {
  const usage = run.usage ?? details?.totals?.usage;
  return {
    runId: id,
    agent,
    status,
    startedAt: createdAt,
    metadata: details?.metadata ?? metadata,
    ...(outcome !== null && outcome !== undefined && { outcome }),
    ...(usage !== undefined && { usage }),
  };
}

function hasMetadata(row: RunRow, metadata: JsonObject): boolean {
  return Object.entries(metadata).every(([key, value]) => JSON.stringify(row.metadata[key]) === JSON.stringify(value));
}
