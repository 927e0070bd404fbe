import { ConfigError, HostError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import type { JournalEvent } from '../event/fact.ts';
import type { ForkOptions, RunRecord } from './host.ts';
import { readRunId } from './read-run-id.ts';
import { compareSteps, pathOf } from './step-order.ts';

/** A run that is forked, as its host has it. */
export interface ForkSource {
  readonly record: RunRecord;
  /** By the steps' names, paths included. */
  readonly events: ReadonlyMap<string, JournalEvent>;
}

export interface Fork {
  readonly record: RunRecord;
  /** Whether a step or a wait of the source is one of the fork's as well. */
  readonly isCopied: (name: string) => boolean;
}

/** @throws HostError `step.unknown`; ConfigError for what are no messages. */
export function createFork(
  { record, events: facts }: ForkSource,
  { options, now }: { readonly options: ForkOptions; readonly now: number },
): Fork {
  const { before, messages, input, runId: given } = checkOptions(options, FORK, `fork of run "${record.runId}"`);
  const runId = readRunId(given);
  checkStep(before, { record, events: facts });
  const isBefore = (name: string): boolean =>
    compareSteps(name, before) < 0 && !isOfOpenCall(name, { before, events: facts });
  const said = input === undefined ? [] : readInput(input).messages;
  // A fork goes its own way: what it says is no part of the conversation of many runs.
  const { conversation: _, ...own } = record;
  const fresh: RunRecord = { ...own, runId, at: now, forked: { runId: record.runId, before } };
  if (messages !== undefined) {
    return { record: { ...fresh, messages: joinMessages(messages, said) }, isCopied: () => false };
  }
  if (input === undefined) {
    const conversation = record.forked?.conversation;
    const forked = { runId: record.runId, before, ...(conversation && { conversation }) };
    return { record: { ...fresh, forked }, isCopied: isBefore };
  }
  const kept = [...facts].filter(([name]) => pathOf(name) === '' && isBefore(name));
  kept.sort(([one], [other]) => compareSteps(one, other));
  const conversation = { record, events: kept.map(([, fact]) => fact), input: said };
  return { record: { ...fresh, forked: { runId: record.runId, before, conversation } }, isCopied: () => false };
}

const FORK: OptionTable<ForkOptions> = {
  keys: { before: 'text', runId: 'any', messages: 'list', input: ['text', 'list'] },
  hints: { step: 'The option is "before".', at: 'The option is "before".', from: 'The option is "before".' },
};

interface ForkPoint {
  readonly before: string;
  readonly events: ForkSource['events'];
}

/**
 * Whether a name is that of a wait, or of what came of it, whose call the fork does not have the result of.
 *
 * A copied answer would let that call run a second time, unasked: the fork asks again.
 */
function isOfOpenCall(name: string, { before, events: facts }: ForkPoint): boolean {
  const path = pathOf(name);
  const [, call] =
    /^(?:answer|approve|doubt|within):(\d+\.\d+)/.exec(name.slice(path === '' ? 0 : path.length + 1)) ?? [];
  if (call === undefined) return false;
  const result = `${path === '' ? '' : `${path}/`}tool:${call}:`;
  return ![...facts.keys()].some((step) => step.startsWith(result) && compareSteps(step, before) < 0);
}

function joinMessages(messages: readonly Message[], said: readonly Message[]): readonly Message[] {
  const { messages: begun } = readInput(messages);
  const joined = readInput([...begun, ...said]).messages;
  if (joined.length > 0) return joined;
  throw new ConfigError('The fork has no messages. Pass some, or leave them out to go on from the step.');
}

function checkStep(before: string, { record, events: facts }: ForkSource): void {
  if (facts.has(before)) return;
  const known = [...facts.keys()].slice(-5).join(', ') || 'none yet';
  throw new HostError(
    `Run "${record.runId}" has no step "${before}" to be forked before. Its last ones are: ${known}.`,
    { code: 'step.unknown' },
  );
}

/** A user's words, or messages of every role, as they stand in a record. */
export function toMessages(input: string | readonly Message[]): readonly Message[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : input;
}
