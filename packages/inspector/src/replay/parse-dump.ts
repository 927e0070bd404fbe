import { ConfigError, type JsonObject, type Outcome } from '@pawl/core';
import type { JournalEvent } from '@pawl/core/events';
import { type RecordedEvent, type RunProgress, SCHEMA_VERSION } from '@pawl/core/host';
import { isRecord } from '@pawl/core/model';

/**
 * Reads the runs of a dump, as `pawl runs export` writes it and a runs API sends it: a JSON object in each line, an event or the run itself. Live events
 * are left out.
 *
 * @throws ConfigError, with the number of the line
 */
export function parseDump(text: string): readonly RunProgress[] {
  const runs = new Map<string, DumpedRun>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const value = parseLine(line, index + 1);
    if (value['end'] === true) continue;
    const object = isRecord(value['event']) && 'cursor' in value ? value['event'] : value;
    const { runId } = object;
    if (typeof runId !== 'string' || typeof object['type'] !== 'string') {
      throw new ConfigError(`Line ${index + 1} of the dump is neither a run nor an event: it has no runId or no type.`);
    }
    const run = runs.get(runId) ?? { runId, header: undefined, events: [], outcome: undefined };
    runs.set(runId, run);
    addObject(run, object);
  }
  if (runs.size === 0) throw new ConfigError('The dump has no run. Write one with: pawl runs export ID');
  return [...runs.values()].map(toProgress);
}

type Line = Readonly<Record<string, unknown>>;

interface DumpedRun {
  readonly runId: string;
  header: Line | undefined;
  readonly events: RecordedEvent[];
  outcome: Outcome<unknown> | undefined;
}

function parseLine(line: string, number: number): Line {
  try {
    const value: unknown = JSON.parse(line);
    if (isRecord(value)) return value;
  } catch {
    // Refused below.
  }
  throw new ConfigError(`Line ${number} of the dump is not a JSON object. Pass a file that "pawl runs export" wrote.`);
}

function addObject(run: DumpedRun, object: Line): void {
  const { type, step, path } = object;
  if (type === 'run') run.header = object;
  else if (type === 'run.finished' && path === '')
    run.outcome = object['outcome'] as Outcome<unknown>; // As Pawl wrote it.
  else if (typeof step === 'string') {
    const {
      runId: _,
      seq: __,
      position: ___,
      step: ____,
      replayed: _____,
      v: ______,
      path: _______,
      ...event
    } = object;
    const position = run.events.length + 1;
    // The host that gets it refuses an event that it does not know.
    run.events.push({
      position,
      step,
      path: typeof path === 'string' ? path : '',
      event: event as unknown as JournalEvent,
    });
  }
}

function toProgress({ runId, header = {}, events, outcome }: DumpedRun): RunProgress {
  const started = events.find(({ path, event }) => path === '' && event.type === 'run.started')?.event;
  const first = started?.type === 'run.started' ? started : undefined;
  const ended = outcome ?? readOutcome(header['outcome'], runId);
  const agent = [header['agent'], (first as Line | undefined)?.['agent'], ended?.agent].find(
    (name) => typeof name === 'string',
  );
  const at = header['startedAt'];
  return {
    record: {
      schemaVersion: SCHEMA_VERSION,
      runId,
      agent: String(agent ?? 'agent'),
      messages: first?.messages ?? [],
      limits: {},
      metadata: isRecord(header['metadata']) ? (header['metadata'] as JsonObject) : {}, // It was parsed from JSON.
      at: typeof at === 'number' ? at : (first?.at ?? 0),
    },
    status: ended?.status ?? 'interrupted',
    events,
    ...(ended !== undefined && { outcome: ended }),
  };
}

/** A list of runs leaves out conversations. */
function readOutcome(outcome: unknown, runId: string): Outcome<unknown> | undefined {
  if (!isRecord(outcome) || typeof outcome['status'] !== 'string') return undefined;
  return { runId, messages: [], usageBy: [], ...outcome } as unknown as Outcome<unknown>; // As Pawl wrote it.
}
