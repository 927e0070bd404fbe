import type { JsonObject, RunEvent } from '@pawl/core';

/** Describes what a client may show while it happens, and does not keep; `undefined` for other events. */
export function describeTransient(event: RunEvent): JsonObject | undefined {
  switch (event.type) {
    case 'handoff.completed':
      return { type: event.type, turn: event.turn, from: event.from, to: event.to };
    case 'limit.approaching':
      return { type: event.type, turn: event.turn, limit: event.limit, max: event.max, spent: event.spent };
    case 'attempt.failed': {
      const { type, turn, attempt, error, retryInMs } = event;
      const { name, code } = error;
      return {
        type,
        turn,
        attempt,
        error: { name, ...(code !== undefined && { code }) },
        ...(retryInMs !== undefined && { retryInMs }),
      };
    }
    case 'response.repaired': {
      const { type, turn, repairs } = event;
      return { type, turn, repairs: repairs.map(({ path, note }) => ({ path, note })) };
    }
    default:
      return undefined;
  }
}
