import type { RunEvent } from '@pawl/core';

/** The runs of a dump, with the events of each in order. */
export type Dump = ReadonlyMap<string, readonly RunEvent[]>;

/** Formats the events of a run as a dump: a line of JSON for each. */
export function formatDump(events: readonly RunEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

/**
 * Reads a dump: lines of events, as `pawl runs export` and the page write them, or as `GET /v1/runs/{id}/events` sends them.
 *
 * @throws Error that names the line, for a text that is no dump
 */
export function readDump(text: string): Dump {
  const runs = new Map<string, RunEvent[]>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const event = readLine(line, index + 1);
    if (event === undefined) continue;
    const events = runs.get(event.runId);
    if (events === undefined) runs.set(event.runId, [event]);
    else events.push(event);
  }
  if (runs.size === 0)
    throw new Error('There is no event of a run in this file. Open one that "pawl runs export" wrote.');
  return runs;
}

function readLine(line: string, number: number): RunEvent | undefined {
  const value = parseLine(line, number);
  const event = 'event' in value && typeof value.event === 'object' && value.event !== null ? value.event : value;
  if ('end' in event && event.end === true) return undefined;
  if (isEvent(event)) return event;
  throw new Error(`Line ${number} is not an event of a run: it has no "type", "runId", "path" and "at".`);
}

function parseLine(line: string, number: number): object {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Refused below.
  }
  throw new Error(`Line ${number} is not JSON of an event. The file may be damaged or cut.`);
}

function isEvent(value: object): value is RunEvent {
  const { type, runId, path, at } = value as Partial<Record<'type' | 'runId' | 'path' | 'at', unknown>>;
  return typeof type === 'string' && typeof runId === 'string' && typeof path === 'string' && typeof at === 'number';
}
