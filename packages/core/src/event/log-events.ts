import { ConfigError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { EventStamp, RunEvent } from './event.ts';
import { formatEvent } from './format-event.ts';
import { buildLogRecord, findLoggedTypes, type LogLevel, type LogRecord } from './log-fields.ts';
import type { Listeners } from './observers.ts';

export interface LogEventsOptions {
  /**
   * Gets each line, without a line break, and for loggers that take an object, its level and its fields without time and level. It runs while
   * the run works and is not awaited.
   */
  readonly write: (line: string, level: LogLevel, fields: JsonObject) => unknown;
  /** The lowest level that is written. @defaultValue `'info'` */
  readonly level?: LogLevel;
  /**
   * Whether a line has what users, models and tools wrote: messages, arguments, results, texts of errors. A function decides for each event and
   * can redact: its result is written, and `undefined` writes none.
   *
   * @defaultValue `false`
   */
  readonly content?: boolean | ((event: RunEvent) => Json | undefined);
  /** `'json'`: an object a line. `'text'`: a line for a person, with `content: true` the one of `formatEvent`. @defaultValue `'json'` */
  readonly format?: 'json' | 'text';
}

/**
 * Creates listeners that write a line for each event, for the option `listeners` of an agent or a host.
 *
 * - Pieces of a stream have no line. An event with `replayed` has none, because an earlier attempt at the run wrote it.
 * - Lines have ids, names, counts, times and codes. What users, models and tools wrote is left out, unless `content` adds it.
 * - If `write` or `content` throws, the run continues, and the first failure is emitted as `listener.failed`.
 *
 * @throws ConfigError for an unknown option, and without `write`.
 */
export function logEvents(options: LogEventsOptions): Listeners {
  const { write, level = 'info', content = false, format = 'json' } = checkOptions(options, LOG_EVENTS, 'logEvents()');
  if (typeof write !== 'function') {
    throw new ConfigError(
      'logEvents() has no function write. Pass one that takes a line: logEvents({ write: console.log }).',
    );
  }
  const formatLine = format === 'json' ? formatJson : content === true ? formatForPerson : formatText;
  const log = (event: RunEvent): unknown => {
    const record = event.replayed === true ? undefined : buildLogRecord(event, level);
    if (record === undefined) return undefined;
    let full: LogRecord;
    let line: string;
    try {
      full = { ...record, fields: addContent(record.fields, event, content) };
      line = formatLine(full, event);
    } catch (error) {
      // `content` can throw, and an output need not be JSON. Without a line nobody would see that the event happened.
      const bareLine = (format === 'json' ? formatJson : formatText)(record);
      return Promise.allSettled([write(bareLine, record.level, record.fields)]).then(() => Promise.reject(error));
    }
    return write(line, full.level, full.fields);
  };
  // One function for all types, so that its first failure is reported once. Not '*': an event without listeners is not built.
  return Object.fromEntries(findLoggedTypes(level).map((type) => [type, log]));
}

function addContent(fields: JsonObject, event: RunEvent, content: LogEventsOptions['content']): JsonObject {
  if (content === false) return fields;
  const added = typeof content === 'function' ? content(event) : pickContent(event, fields);
  return added === undefined ? fields : { ...fields, content: added };
}

/** Everything in an event that its line does not have. */
function pickContent(event: RunEvent, fields: JsonObject): JsonObject | undefined {
  const rest = Object.entries(event).filter(([name, value]) => !Object.hasOwn(STAMP, name) && fields[name] !== value);
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

const STAMP: Readonly<Record<keyof EventStamp | 'type', true>> = {
  ...{
    type: true,
    runId: true,
    path: true,
    agent: true,
    seq: true,
    position: true,
    step: true,
    at: true,
    replayed: true,
  },
};

function formatJson({ time, level, fields }: LogRecord): string {
  return JSON.stringify({ time, level, ...fields });
}

/** `time level event`, then each field as `name=value`. */
function formatText({ time, level, fields: { event, ...fields } }: LogRecord): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`);
  return toOneLine([time, level, event, ...pairs].join(' '));
}

function formatValue(value: Json | undefined): string {
  return typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
}

/** `time level run`, then the line that a terminal shows. */
function formatForPerson(record: LogRecord, event: RunEvent): string {
  const text = formatEvent(event);
  if (text === undefined) return formatText(record);
  return toOneLine(`${record.time} ${record.level} ${event.runId} ${text.trimStart()}`);
}

/** Without control characters: a line break in a text would forge a line of the log, an escape sequence would change a terminal. */
function toOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+ */gu, ' ');
}

const LOG_EVENTS: OptionTable<LogEventsOptions> = {
  keys: {
    write: 'function',
    level: { debug: true, info: true, warn: true, error: true },
    content: ['boolean', 'function'],
    format: { json: true, text: true },
  },
  hints: {
    log: 'The option is "write".',
    logger: 'Pass a function: write: (line, level, fields) => logger[level](fields).',
    pretty: 'Pass format: "text".',
  },
};
