import { ConfigError } from '../base/errors.ts';
import { isJson, isRecord, type JsonObject, stringifyCanonical } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { checkNumber, quote } from './check-number.ts';
import type { RunFilter, RunSummary } from './host.ts';
import { clampInteger } from './round-clock.ts';

/** A filter with defaults filled in. Times and positions are whole numbers. */
export interface CheckedFilter extends Omit<RunFilter, 'metadata' | 'order' | 'limit'> {
  /** The wanted metadata, as `listMetadataKeys` returns it. */
  readonly metadataKeys: readonly string[];
  readonly order: 'asc' | 'desc';
  /** `Infinity`: no limit. */
  readonly limit: number;
}

/**
 * Checks a filter and fills in the defaults.
 *
 * @throws ConfigError
 */
export function checkFilter(filter: RunFilter = {}): CheckedFilter {
  const checked = checkOptions(filter, RUN_FILTER, 'host.listRuns');
  const { status, agent, owner, conversation, metadata, since, order = 'asc', limit = 1_000, after } = checked;
  if (status !== undefined && !Object.hasOwn(STATUSES, status))
    throw createFilterError('status', status, Object.keys(STATUSES).join(', '));
  if (order !== 'asc' && order !== 'desc') throw createFilterError('order', order, '"asc" or "desc"');
  if (agent !== undefined && typeof agent !== 'string') throw createFilterError('agent', agent, "an agent's name");
  if (owner !== undefined && typeof owner !== 'string') throw createFilterError('owner', owner, "an owner's id");
  if (conversation !== undefined && typeof conversation !== 'string') {
    throw createFilterError('conversation', conversation, "a conversation's id");
  }
  if (metadata !== undefined && !(isRecord(metadata) && isJson(metadata))) {
    throw createFilterError('metadata', metadata, 'fields with JSON values');
  }
  checkNumber(limit, { option: 'host.listRuns: limit', min: 0, isInteger: true, allowsInfinity: true });
  if (since !== undefined) checkNumber(since, { option: 'host.listRuns: since' });
  return {
    ...(status !== undefined && { status }),
    ...(agent !== undefined && { agent }),
    ...(owner !== undefined && { owner }),
    ...(conversation !== undefined && { conversation }),
    metadataKeys: listMetadataKeys(metadata ?? {}),
    ...(since !== undefined && { since: clampInteger(Math.ceil(since)) }),
    order,
    limit,
    ...(after !== undefined && { after: checkPosition(after, 'host.listRuns: after') }),
  };
}

/** `checkFilter` checks the values itself, to name `host.listRuns` in its errors. */
const RUN_FILTER: OptionTable<RunFilter> = {
  keys: {
    status: 'any',
    agent: 'any',
    owner: 'any',
    conversation: 'any',
    metadata: 'any',
    since: 'any',
    order: 'any',
    limit: 'any',
    after: 'any',
  },
  hints: {
    statuses: 'The option is "status", and takes one status.',
    user: 'The option is "owner".',
    userId: 'The option is "owner".',
    conversationId: 'The option is "conversation".',
    offset: 'The option is "after": the position of the last run of the previous page.',
    cursor: 'The option is "after": the position of the last run of the previous page.',
  },
};

/** Checks a position to read on after, and rounds it down: databases store whole numbers. @throws ConfigError */
export function checkPosition(position: number, option: string): number {
  return clampInteger(Math.floor(checkNumber(position, { option })));
}

/** Returns a text for each metadata field. Runs with the same field and value have the same text. */
export function listMetadataKeys(metadata: JsonObject): readonly string[] {
  const fields = Object.entries(metadata).filter(([, value]) => value !== undefined);
  return fields.map((field) => stringifyCanonical(field));
}

const STATUSES: Readonly<Record<RunSummary['status'], true>> = {
  queued: true,
  running: true,
  interrupted: true,
  completed: true,
  suspended: true,
  limited: true,
  truncated: true,
  filtered: true,
  refused: true,
  aborted: true,
  failed: true,
};

function createFilterError(field: string, value: unknown, right: string): ConfigError {
  return new ConfigError(`host.listRuns: ${field} is ${quote(value)}. Pass ${right}.`);
}
