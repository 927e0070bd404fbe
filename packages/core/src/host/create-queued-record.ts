import { copyJson } from '../base/copy-json.ts';
import { ConfigError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import { checkLimits, LIMITS } from '../event/limit-options.ts';
import { checkStorableText } from './check-storable-text.ts';
import { copyMetadata } from './copy-metadata.ts';
import { toMessages } from './fork.ts';
import type { EnqueueOptions, QueuedInput, RunRecord } from './host.ts';
import { readRunId } from './read-run-id.ts';
import { SCHEMA_VERSION } from './schema-version.ts';

interface QueuedRunInput {
  readonly input: QueuedInput;
  readonly options: EnqueueOptions;
  readonly now: number;
}

/** Creates the record of a run that waits in the queue. Whether the messages can be sent is checked when the run begins. */
export function createQueuedRecord(agent: string, { input, options, now }: QueuedRunInput): RunRecord {
  if (typeof agent !== 'string' || agent === '') {
    throw new ConfigError(
      `host.enqueue: agent is ${describeValue(agent)}. Pass its name: host.enqueue(agent.name, input).`,
    );
  }
  const where = `enqueue for agent "${agent}"`;
  const { limits = {}, metadata = {}, state, owner, runId } = checkOptions(options, ENQUEUE, where);
  checkStorableText(owner, `${where}: owner`);
  checkLimits(limits, where); // Whether a cost limit has a price to count with is checked when the run begins.
  const isValue = typeof input === 'object' && 'input' in input;
  const messages = isValue ? [{ role: 'user' as const, content: formatValue(input.input) }] : toMessages(input);
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new ConfigError(`host.enqueue for agent "${agent}": there is no input. Pass a text or a list of messages.`);
  }
  return {
    schemaVersion: SCHEMA_VERSION,
    runId: readRunId(runId),
    agent,
    messages: copyJson(messages, { where, name: 'messages', ignoresUndefined: true }),
    ...(isValue && { input: copyJson(input.input, { where, name: 'input', ignoresUndefined: true }) }),
    limits,
    metadata: copyMetadata(metadata, where),
    ...(state !== undefined && { state: copyJson(state, { where, name: 'state', ignoresUndefined: true }) }),
    ...(owner !== undefined && { owner }),
    at: now,
    isEnqueued: true,
    ...createTrace(options, where),
  };
}

/** The text of a flow's input, for those who list or show runs. */
function formatValue(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function createTrace({ traceparent, tracestate }: EnqueueOptions, where: string): Pick<RunRecord, 'trace'> {
  if (traceparent === undefined && tracestate === undefined) return {};
  if (traceparent === undefined)
    throw new ConfigError(`${where}: there is tracestate, but no traceparent. Pass both headers of the caller.`);
  const known = { traceparent: checkTraceparent(traceparent, where), origin: 'enqueue' } as const;
  return { trace: tracestate === undefined ? known : { ...known, tracestate: checkTracestate(tracestate, where) } };
}

/** Whether a text is a W3C `traceparent` header: https://www.w3.org/TR/trace-context/#traceparent-header */
export function isTraceparent(text: string): boolean {
  return /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(text);
}

/** @throws ConfigError, because a header that is not valid would be ignored by every attempt. */
function checkTraceparent(traceparent: string, where: string): string {
  if (isTraceparent(traceparent)) return traceparent;
  throw new ConfigError(
    `${where}: traceparent is ${describeValue(traceparent)}. Pass the W3C header: "00-<32 hex digits>-<16 hex digits>-01".`,
  );
}

function checkTracestate(tracestate: string, where: string): string {
  if (/^[\t\x20-\x7e]+$/.test(tracestate)) return tracestate;
  throw new ConfigError(
    `${where}: tracestate is ${describeValue(tracestate)}. Pass the W3C header: "vendor=value,other=value".`,
  );
}

const ENQUEUE: OptionTable<EnqueueOptions> = {
  keys: {
    runId: 'any',
    limits: LIMITS,
    metadata: 'object',
    state: 'object',
    traceparent: 'text',
    tracestate: 'text',
    owner: 'any',
  },
  hints: {
    id: 'The option is "runId".',
    user: 'The option is "owner".',
    userId: 'The option is "owner".',
    idempotencyKey: 'The option is "runId".',
    conversation: 'An enqueued run cannot be part of a conversation.',
    context: 'Pass it where the run is resumed: { agent, context }.',
  },
};
