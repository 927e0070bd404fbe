import { ConfigError } from '../base/errors.ts';
import { isJson, isRecord, type JsonObject, stringifyCanonical } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { checkNumber, quote } from './check-number.ts';
import type { CountFilter, RunCounts, RunFilter, RunSummary } from './host.ts';
import { clampInteger } from './round-clock.ts';

/** A filter with defaults filled in. Times and positions are whole numbers. */
export interface CheckedFilter extends Omit<RunFilter, 'metadata' | 'order' | 'limit' | 'totals'> {
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
  return readFilter(checkOptions(filter, RUN_FILTER, 'host.listRuns'), 'host.listRuns');
}

/** Checks a filter of `countRuns`. It selects runs of any number. @throws ConfigError */
export function checkCountFilter(filter: CountFilter = {}): CheckedFilter {
  const checked = checkOptions(filter, COUNT_FILTER, 'host.countRuns');
  return { ...readFilter(checked, 'host.countRuns'), limit: Number.POSITIVE_INFINITY };
}

function readFilter(filter: RunFilter, method: string): CheckedFilter {
  const { status, agent, owner, conversation, metadata, since, order = 'asc', limit = 1_000, after } = filter;
  const refuse = (field: string, value: unknown, right: string): never => {
    throw new ConfigError(`${method}: ${field} is ${quote(value)}. Pass ${right}.`);
  };
  if (status !== undefined && !Object.hasOwn(NO_RUNS, status))
    refuse('status', status, Object.keys(NO_RUNS).join(', '));
  if (order !== 'asc' && order !== 'desc') refuse('order', order, '"asc" or "desc"');
  if (agent !== undefined && typeof agent !== 'string') refuse('agent', agent, "an agent's name");
  if (owner !== undefined && typeof owner !== 'string') refuse('owner', owner, "an owner's id");
  if (conversation !== undefined && typeof conversation !== 'string') {
    refuse('conversation', conversation, "a conversation's id");
  }
  if (metadata !== undefined && !(isRecord(metadata) && isJson(metadata))) {
    refuse('metadata', metadata, 'fields with JSON values');
  }
  checkNumber(limit, { option: `${method}: limit`, min: 0, isInteger: true, allowsInfinity: true });
  if (since !== undefined) checkNumber(since, { option: `${method}: since` });
  return {
    ...(status !== undefined && { status }),
    ...(agent !== undefined && { agent }),
    ...(owner !== undefined && { owner }),
    ...(conversation !== undefined && { conversation }),
    metadataKeys: listMetadataKeys(metadata ?? {}),
    ...(since !== undefined && { since: clampInteger(Math.ceil(since)) }),
    order,
    limit,
    ...(after !== undefined && { after: checkPosition(after, `${method}: after`) }),
  };
}

/** The fields by which runs are both listed and counted. `readFilter` checks the values itself, to name the method in its errors. */
const SHARED_KEYS: OptionTable<CountFilter>['keys'] = {
  agent: 'any',
  owner: 'any',
  conversation: 'any',
  metadata: 'any',
  since: 'any',
};

const SHARED_HINTS = {
  user: 'The option is "owner".',
  userId: 'The option is "owner".',
  conversationId: 'The option is "conversation".',
};

const RUN_FILTER: OptionTable<RunFilter> = {
  keys: {
    status: 'any',
    ...SHARED_KEYS,
    order: 'any',
    limit: 'any',
    after: 'any',
    totals: 'boolean',
  },
  hints: {
    ...SHARED_HINTS,
    usage: 'The option is "totals".',
    statuses: 'The option is "status", and takes one status.',
    offset: 'The option is "after": the position of the last run of the previous page.',
    cursor: 'The option is "after": the position of the last run of the previous page.',
  },
};

const COUNT_FILTER: OptionTable<CountFilter> = {
  keys: SHARED_KEYS,
  hints: { ...SHARED_HINTS, status: 'The counts are by status: (await host.countRuns()).failed.' },
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

/** Returns the number of runs of each status. */
export function tallyStatuses(runs: readonly Pick<RunSummary, 'status'>[]): RunCounts {
  const counts = { ...NO_RUNS };
  for (const { status } of runs) counts[status]++;
  return counts;
}

/** Every status, with no run of it. */
export const NO_RUNS: RunCounts = {
  queued: 0,
  running: 0,
  interrupted: 0,
  completed: 0,
  suspended: 0,
  limited: 0,
  truncated: 0,
  filtered: 0,
  refused: 0,
  aborted: 0,
  failed: 0,
};
