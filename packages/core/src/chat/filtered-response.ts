import type { ChatResponse, Delta, Repair } from './response.ts';

/** The path of the repair that quotes the server's report about its filter. */
export const FILTERED_PATH = 'error';

/** Makes the repair for an error that is read as the end of a response. */
export function createFilterRepair(statement: string): Repair {
  return { path: FILTERED_PATH, note: `read as finish_reason "content_filter": ${statement}` };
}

interface FilteredOutcome {
  readonly response: ChatResponse;
  readonly repairs: readonly Repair[];
  readonly deltas: readonly Delta[];
}

/** Makes the response for a filtered prompt that the server reported with a status other than 2xx. */
export function createFilteredResponse(statement: string): FilteredOutcome {
  const message = { role: 'assistant', content: null } as const;
  return {
    response: { object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'content_filter' }] },
    repairs: [createFilterRepair(statement)],
    deltas: [],
  };
}
