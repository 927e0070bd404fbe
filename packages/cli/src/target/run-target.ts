import type { Answer, JsonObject, RunEvent } from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import type { DeleteOptions } from '@pawl/core/host';
import type { RunRow } from '../run-row.ts';

export interface RunQuery {
  readonly status?: RunRow['status'];
  readonly agent?: string;
  readonly metadata?: JsonObject;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly limit: number;
}

export interface FollowOptions {
  /** Aborted when the reader leaves. */
  readonly signal: AbortSignal;
  /** Whether the events end, too, when the run is suspended. @defaultValue false */
  readonly untilSuspended?: boolean;
}

export interface ForkRequest {
  readonly before: string;
  readonly input?: string;
}

/** Where runs are: a runs file, the host of an agent's file, or a server. */
export interface RunTarget {
  /** The arguments that name it in another command: ` --runs ./x.db`, or empty. */
  readonly spelling: string;
  /** Who continues a run after an answer: a server does it by itself. */
  readonly isServer: boolean;
  /** The runs file, if the runs are in one. */
  readonly file?: string | undefined;
  /** Lists the newest first. */
  list(query: RunQuery): Promise<readonly RunRow[]>;
  get(runId: string): Promise<RunRow>;
  /** Reads the events that are recorded. */
  readEvents(runId: string): Promise<readonly RunEvent[]>;
  /** Yields the events from the first on, until the run has ended. */
  follow(runId: string, options: FollowOptions): AsyncIterable<RunEvent>;
  answer(runId: string, pendingId: string, answer: Answer): Promise<void>;
  sendMessage(runId: string, message: UserMessage): Promise<void>;
  cancel(runId: string, reason: string | undefined): Promise<void>;
  fork(runId: string, request: ForkRequest): Promise<string>;
  /** Resolves the number of deleted runs. */
  delete(options: DeleteOptions): Promise<number>;
  close(graceMs?: number): Promise<void>;
}
