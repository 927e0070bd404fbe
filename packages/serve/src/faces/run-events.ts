import type { RunEvent } from '@pawl/core';
import type { RunRecord } from '@pawl/core/host';
import type { RequestContext } from '../context.ts';
import { toProblem } from '../protocol/outcome-problem.ts';
import { createInvalidError, type ErrorBody } from '../protocol/problem.ts';
import { toPublicEvent } from '../protocol/public-event.ts';
import { formatServerSentEvent, STREAM_HEADERS } from '../protocol/server-sent-events.ts';
import { parseCursor } from '../runs/cursor.ts';
import { openStream } from './open-stream.ts';

/**
 * Answers `GET /v1/runs/{id}/events`: the events of a run as server-sent events, or as lines of JSON. The last one is `end`, unless the stream was cut.
 *
 * @throws HttpProblem 400 for an event id of another server, 429
 */
export function streamEvents(context: RequestContext, { runId, agent }: Pick<RunRecord, 'runId' | 'agent'>): Response {
  const { request, query } = context;
  const last = query.get('after') ?? request.headers.get('last-event-id') ?? '';
  const isJournal = query.get('journal') === 'only';
  if (query.has('journal') && !isJournal) {
    throw createInvalidError('"journal" is not "only". Leave it out for all events.', 'journal');
  }
  const format = (request.headers.get('accept') ?? '').includes('application/x-ndjson') ? LINES : EVENTS;
  const show = createFilter(context, { isJournal, hasTextGuard: context.agents.hasTextGuard(agent) });
  let hasEnded = false;
  return openStream(context, { runId, ...(last !== '' && { after: parseCursor(last) }) }, (reader) => ({
    encode: ({ event }) => {
      hasEnded ||= event.type === 'run.finished' && event.path === '';
      const shown = show(event);
      return shown === undefined ? '' : format.event(shown, reader.cursor);
    },
    end: () => (hasEnded ? format.end() : ''),
    fail: (error) => format.fail(toProblem(error).error),
    headers: format.headers,
    ...(format.keepAlive !== undefined && { keepAlive: format.keepAlive }),
  }));
}

/** Creates the function that returns what a client gets of an event. */
function createFilter(
  { settings: { details, toolOutput } }: RequestContext,
  { isJournal, hasTextGuard }: { readonly isJournal: boolean; readonly hasTextGuard: boolean },
): (event: RunEvent) => object | undefined {
  return (event) => {
    if (isJournal && event.position === undefined && event.type !== 'run.finished') return undefined;
    if (hasTextGuard && WITHDRAWABLE.has(event.type)) return undefined;
    return details ? event : toPublicEvent(event, { toolOutput });
  };
}

const WITHDRAWABLE: ReadonlySet<RunEvent['type']> = new Set([
  'text.delta',
  'reasoning.delta',
  'refusal.delta',
  'output.partial',
] as const);

interface EventFormat {
  readonly event: (event: object, cursor: string) => string;
  readonly end: () => string;
  readonly fail: (error: ErrorBody) => string;
  readonly headers: Readonly<Record<string, string>>;
  readonly keepAlive?: string;
}

const EVENTS: EventFormat = {
  event: (event, id) => formatServerSentEvent({ id, data: JSON.stringify(event) }),
  end: () => formatServerSentEvent({ event: 'end', data: '{}' }),
  fail: (error) => formatServerSentEvent({ event: 'error', data: JSON.stringify({ error }) }),
  headers: STREAM_HEADERS,
};

const LINES: EventFormat = {
  event: (event, cursor) => `${JSON.stringify({ cursor, event })}\n`,
  end: () => `${JSON.stringify({ end: true })}\n`,
  fail: (error) => `${JSON.stringify({ error })}\n`,
  headers: { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store, no-transform' },
  keepAlive: '\n',
};
