import type { JsonObject } from '@pawl/core';
import type { RunRecord } from '@pawl/core/host';
import { readKeptRequest } from '../runs/caller-tools.ts';

/** What is kept of a request of an AG-UI client. */
export interface ThreadOrigin {
  /** The id of the thread; `undefined` for a run of another face. */
  readonly threadId: string | undefined;
  /** The ids that the client gave the user's messages of the run. */
  readonly messageIds: readonly string[];
}

export function writeThreadOrigin({ threadId, messageIds }: ThreadOrigin): JsonObject {
  return { ...(threadId !== undefined && { thread: threadId }), messageIds };
}

export function readThreadOrigin({ metadata }: Pick<RunRecord, 'metadata'>): ThreadOrigin {
  const { face = {} } = readKeptRequest(metadata);
  const { thread, messageIds } = face;
  return {
    threadId: typeof thread === 'string' ? thread : undefined,
    messageIds: Array.isArray(messageIds) ? messageIds.filter((id) => typeof id === 'string') : [],
  };
}
