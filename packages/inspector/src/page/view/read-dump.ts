import type { RunEvent } from '@pawl/core';
import type { RunState } from '@pawl/serve';

/** What a dump says of a run, besides its events. */
export type DumpedState = Partial<Pick<RunState, 'agent' | 'status' | 'metadata' | 'outcome' | 'usage'>> & {
  readonly startedAt?: number;
};

export interface DumpedRun {
  /** Absent if the dump has only events. */
  readonly state: DumpedState | undefined;
  readonly events: readonly RunEvent[];
}

/** Formats a run as `pawl runs export` does: a line about the run, then a line for each recorded event. */
export function formatDump(state: RunState, events: readonly RunEvent[]): string {
  const { id: runId, agent, status, createdAt: startedAt, metadata, outcome, usage } = state;
  const run = { v: 1, type: 'run', runId, agent, status, startedAt, metadata, usage, outcome };
  return [run, ...events.filter(isRecorded)].map((line) => `${JSON.stringify(line)}\n`).join('');
}

function isRecorded(event: RunEvent): boolean {
  return 'activeMs' in event;
}

/**
 * Reads a dump: the lines that `pawl runs export` and the page write, or those that `GET /v1/runs/{id}/events` sends.
 *
 * @throws Error that names the line, for a text that is no dump
 */
export function readDump(text: string): ReadonlyMap<string, DumpedRun> {
  const runs = new Map<string, { state: DumpedState | undefined; events: RunEvent[] }>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const value = parseLine(line, index + 1);
    const object = 'cursor' in value && 'event' in value ? toObject(value.event) : value;
    if ('end' in object && object.end === true) continue;
    const { type, runId } = object as { readonly type?: unknown; readonly runId?: unknown };
    if (typeof runId !== 'string' || (type !== 'run' && !isEvent(object))) throw createLineError(index + 1);
    const run = runs.get(runId) ?? { state: undefined, events: [] };
    runs.set(runId, run);
    if (isEvent(object)) run.events.push(object);
    else run.state = object as DumpedState; // As the page and the command write it.
  }
  if (runs.size === 0) throw new Error('There is no run in this file. Open one that "pawl runs export" wrote.');
  return runs;
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

function toObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function createLineError(number: number): Error {
  return new Error(`Line ${number} is neither a run nor an event: it has no "type", "runId", "path" and "at".`);
}

function isEvent(value: object): value is RunEvent {
  const { type, runId, path, at } = value as Partial<Record<'type' | 'runId' | 'path' | 'at', unknown>>;
  return typeof type === 'string' && typeof runId === 'string' && typeof path === 'string' && typeof at === 'number';
}
