import { ConfigError, HostError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import { compareSteps, isResultOf, readLabel, readOpenCall, readPath } from '../event/step-name.ts';
import type { ForkOptions, RunRecord } from './host.ts';
import { readRunId } from './read-run-id.ts';

/** The run that is forked, as its host stores it. */
export interface ForkSource {
  readonly record: RunRecord;
  /** By the names of their steps, including paths. */
  readonly events: ReadonlyMap<string, JournalEvent>;
}

export interface Fork {
  readonly record: RunRecord;
  /** Whether the fork copies the step or the wait of that name. */
  readonly isCopied: (name: string) => boolean;
}

/** @throws HostError `step.unknown`; ConfigError for invalid messages. */
export function createFork(
  { record, events }: ForkSource,
  { options, now }: { readonly options: ForkOptions; readonly now: number },
): Fork {
  const {
    before,
    messages,
    input,
    runId: ownId,
    recheckApprovals = false,
  } = checkOptions(options, FORK, `fork of run "${record.runId}"`);
  const runId = readRunId(ownId);
  checkStep(before, { record, events });
  const isBefore = (name: string): boolean =>
    (compareSteps(name, before) < 0 || isFinishedBefore(name, { before, events })) &&
    !isOfOpenCall(name, { before, events, includesChecks: recheckApprovals });
  const inputMessages = input === undefined ? [] : readInput(input).messages;
  // A fork is not part of the conversation: two runs from one version would both append to it. Nor is it part of the trace.
  const { conversation: _, trace: __, ...own } = record;
  const { input: ___, ...withoutValue } = own;
  const fresh: RunRecord = { ...own, runId, at: now, forked: { runId: record.runId, before } };
  if (messages !== undefined) {
    const begun = { ...withoutValue, runId, at: now, forked: fresh.forked ?? { runId: record.runId, before } };
    return { record: { ...begun, messages: joinMessages(messages, inputMessages) }, isCopied: () => false };
  }
  if (input === undefined) {
    const conversation = record.forked?.conversation;
    const forked = { runId: record.runId, before, ...(conversation && { conversation }) };
    return { record: { ...fresh, forked }, isCopied: isBefore };
  }
  const kept = [...events].filter(([name]) => readPath(name) === '' && isBefore(name));
  kept.sort(([one], [other]) => compareSteps(one, other));
  const conversation = { record, events: kept.map(([, event]) => event), input: inputMessages };
  return { record: { ...fresh, forked: { runId: record.runId, before, conversation } }, isCopied: () => false };
}

const FORK: OptionTable<ForkOptions> = {
  keys: { before: 'text', runId: 'any', messages: 'list', input: ['text', 'list'], recheckApprovals: 'boolean' },
  hints: {
    step: 'The option is "before".',
    at: 'The option is "before".',
    from: 'The option is "before".',
    asksAgain: 'The option is "recheckApprovals".',
  },
};

/** Steps that code has named have no order of their own: those come before that were finished when the other one began. */
function isFinishedBefore(name: string, { before, events }: Pick<ForkPoint, 'before' | 'events'>): boolean {
  const [left, right] = [name.split('/'), before.split('/')];
  const at = left.findIndex((segment, index) => segment !== right[index]);
  const [one, other] = [left[at], right[at]];
  if (one === undefined || other === undefined) return false;
  if (readLabel(one) === undefined || readLabel(other) === undefined) return false;
  const [ended, begun] = [left.slice(0, at + 1).join('/'), right.slice(0, at + 1).join('/')];
  const names = [...events.keys()]; // In the order of the journal.
  const end = names.indexOf(ended);
  return end !== -1 && end < names.findIndex((each) => each === begun || each.startsWith(`${begun}/`));
}

interface ForkPoint {
  readonly before: string;
  readonly events: ForkSource['events'];
  /** Whether checks count as well. */
  readonly includesChecks: boolean;
}

/**
 * Whether a name belongs to a wait, or to the answer of one, of a call whose result the fork does not copy.
 *
 * A copied answer would approve that call a second time without asking anybody. The fork asks again.
 */
function isOfOpenCall(name: string, { before, events, includesChecks }: ForkPoint): boolean {
  const open = readOpenCall(name, { includesChecks });
  if (open === undefined) return false;
  return ![...events.keys()].some((step) => isResultOf(step, open) && compareSteps(step, before) < 0);
}

function joinMessages(messages: readonly Message[], input: readonly Message[]): readonly Message[] {
  const { messages: first } = readInput(messages);
  const joined = readInput([...first, ...input]).messages;
  if (joined.length > 0) return joined;
  throw new ConfigError('fork: messages is empty. Pass messages, or leave the option out to continue from the step.');
}

function checkStep(before: string, { record, events }: ForkSource): void {
  if (events.has(before)) return;
  const known = [...events.keys()].slice(-5).join(', ') || 'none yet';
  throw new HostError(
    `Run "${record.runId}" has no step "${before}". Fork it before one of its recorded steps; the last ones are: ${known}.`,
    { code: 'step.unknown' },
  );
}

/** Converts the input of a run to messages: a text is a user message. */
export function toMessages(input: string | readonly Message[]): readonly Message[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : input;
}
