import { ConfigError } from '../base/errors.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import { checkNumber } from './check-number.ts';
import { checkStorableText } from './check-storable-text.ts';
import type { AnswerOptions, DeleteOptions, FollowOptions } from './host.ts';
import { computeRetentionCutoff } from './round-clock.ts';
import type { RunDeletion } from './run-store.ts';

interface CancelOptions {
  readonly reason?: string;
}

interface CloseOptions {
  readonly graceMs?: number;
}

const ANSWER: OptionTable<AnswerOptions> = { keys: { by: 'any' }, hints: { user: 'The option is "by".' } };
const CANCEL: OptionTable<CancelOptions> = { keys: { reason: 'text' } };
const CLOSE: OptionTable<CloseOptions> = {
  keys: { graceMs: 'number' },
  hints: { timeoutMs: 'The option is "graceMs".', timeout: 'The option is "graceMs".' },
};
const GET_RUN: OptionTable<Pick<FollowOptions, 'after'>> = { keys: { after: 'number' } };
const FOLLOW: OptionTable<FollowOptions> = {
  keys: { live: 'boolean', untilSuspended: 'boolean', after: 'number', signal: 'object' },
};
const DELETE: OptionTable<DeleteOptions> = {
  keys: { olderThanMs: 'number', runIds: 'texts' },
  hints: {
    olderThan: 'The option is "olderThanMs", in milliseconds.',
    runId: 'The option is "runIds", a list.',
    ids: 'The option is "runIds".',
  },
};

// Each function below checks the options of one method of every host. All throw ConfigError.

export function readAnswerOptions(options: AnswerOptions, caller: string): AnswerOptions {
  const { by } = checkOptions(options, ANSWER, caller);
  checkStorableText(by, `${caller}: by`);
  return by === undefined ? {} : { by };
}

export function readCancelOptions(options: CancelOptions): Required<CancelOptions> {
  const { reason = 'cancelled' } = checkOptions(options, CANCEL, 'host.cancel');
  return { reason };
}

export function readCloseOptions(options: CloseOptions): Required<CloseOptions> {
  const { graceMs = 10_000 } = checkOptions(options, CLOSE, 'host.close');
  return { graceMs: checkNumber(graceMs, { option: 'host.close: graceMs', min: 0, allowsInfinity: true }) };
}

export function readGetRunOptions(options: Pick<FollowOptions, 'after'>): Required<Pick<FollowOptions, 'after'>> {
  const { after = 0 } = checkOptions(options, GET_RUN, 'host.getRun');
  return { after };
}

export function readFollowOptions<Options extends FollowOptions>(options: Options): Options {
  return checkOptions(options, FOLLOW, 'host.followRun');
}

/** Reads which runs to delete. `now`: milliseconds since 1970. */
export function readDeletion(options: DeleteOptions, now: number): RunDeletion {
  const checked = checkOptions(options, DELETE, 'host.deleteRuns');
  const olderThanMs = 'olderThanMs' in checked ? checked.olderThanMs : undefined;
  const runIds = 'runIds' in checked ? checked.runIds : undefined;
  if (olderThanMs !== undefined && runIds !== undefined) {
    throw new ConfigError('host.deleteRuns: olderThanMs and runIds exclude each other. Pass one of them.');
  }
  if (runIds !== undefined) return { type: 'ids', runIds: [...new Set(runIds)] };
  if (typeof olderThanMs === 'number' && !Number.isNaN(olderThanMs)) {
    return { type: 'ended_before', time: computeRetentionCutoff(now, olderThanMs) };
  }
  throw new ConfigError(
    `host.deleteRuns: olderThanMs is ${describeValue(olderThanMs)}. Pass milliseconds, or { runIds }.`,
  );
}
