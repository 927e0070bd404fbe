import { isObject } from '../base/json.ts';
import { isOutcome } from '../trajectory/trajectory.ts';

/** Fields that differ between runs of the same agent. */
const OMITTED_FIELDS: ReadonlySet<string> = new Set([
  'runId',
  'at',
  'activeMs',
  'durationMs',
  'seq',
  'stack',
  'requestId',
]);

const IDS: ReadonlySet<string> = new Set(['id', 'tool_call_id']);

/** Values of the user's own tools and schemas: printed unchanged. */
const USER_FIELDS: ReadonlySet<string> = new Set(['output', 'value', 'partial', 'progress', 'input', 'preview']);

type Print = (value: unknown) => string;

/** Prints outcomes and lists of events without ids and times, so that a snapshot shows only what the agent did. */
export const runSerializer = {
  test: (value: unknown): boolean => !cleaned.has(value) && (isOutcome(value) || isEvents(value)),
  print: (value: unknown, print: Print): string => print(clean(value)),
};

/** A cleaned value is printed like any other value. */
const cleaned = new WeakSet<unknown & object>() as { has(value: unknown): boolean; add(value: object): unknown }; // `has` accepts anything.

function isEvents(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((each) => isObject(each) && typeof each['type'] === 'string' && typeof each['seq'] === 'number');
}

/** Numbers the ids of calls by their order: servers choose ids at random. */
function clean(value: unknown): unknown {
  const names = new Map(callIds(value).map((id, index): [unknown, string] => [id, `id ${index + 1}`]));
  const cleanField = (name: string, field: unknown): unknown => {
    if (USER_FIELDS.has(name)) return field;
    return IDS.has(name) ? (names.get(field) ?? field) : walk(field);
  };
  const walk = (each: unknown): unknown => {
    if (Array.isArray(each)) return markCleaned(each.map(walk));
    if (!isObject(each)) return each;
    const fields = Object.entries(each).filter(([name]) => !OMITTED_FIELDS.has(name));
    return markCleaned(Object.fromEntries(fields.map(([name, field]) => [name, cleanField(name, field)])));
  };
  return walk(value);
}

/** The distinct ids in order of appearance. */
function callIds(value: unknown): readonly string[] {
  const found = new Set<string>();
  const walk = (each: unknown): void => {
    for (const [name, field] of Object.entries(Array.isArray(each) || isObject(each) ? each : {})) {
      const calls = name === 'tool_calls' && Array.isArray(field) ? field : name === 'call' ? [field] : [];
      for (const id of [name === 'tool_call_id' ? field : undefined, ...calls.map(readId)]) {
        if (typeof id === 'string') found.add(id);
      }
      if (!USER_FIELDS.has(name)) walk(field);
    }
  };
  walk(value);
  return [...found];
}

function readId(call: unknown): unknown {
  return isObject(call) ? call['id'] : undefined;
}

function markCleaned<T extends object>(value: T): T {
  cleaned.add(value);
  return value;
}
