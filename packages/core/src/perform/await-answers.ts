import { CANCELLED } from '../chat/history.ts';
import { callName } from '../chat/message.ts';
import type { Answer } from '../event/answer.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import { toErrorData } from '../event/error-data.ts';
import type {
  ApprovalAnswered,
  ApprovalExpired,
  CallClosed,
  Fact,
  ToolFinished,
  ToolSkipped,
  UserWrote,
} from '../event/fact.ts';
import type { PendingCall } from '../event/outcome.ts';
import type { Waited, Word } from '../host/durable.ts';
import type { AwaitAnswers } from '../loop/action.ts';
import type { CallState } from '../loop/state.ts';
import { bounded, toResult } from '../tool/result.ts';
import type { Tool } from '../tool/tool.ts';
import { factStep, interrupted, type Scope, stamp } from './scope.ts';
import { answerStep, innerWaitName, stepName, waitName } from './step-name.ts';
import { waitFor } from './wait-for.ts';

/** Waits for each pending call's answer, in the order of the calls. What came of it is remembered, like everything. */
export async function awaitAnswers({ turn, calls }: AwaitAnswers, scope: Scope): Promise<readonly Fact[]> {
  const facts: Fact[] = [];
  const parked: string[] = [];
  for (const state of calls) {
    const { inner } = state;
    const waiting = inner === undefined ? state.pending : callAround(state);
    if (waiting === undefined) continue;
    const name = inner === undefined ? waitName({ turn, ...state }) : innerWaitName({ turn, ...state });
    const waited = await waitFor(waiting, { name, scope });
    if (waited.type === 'parked' || isInterruptedAround(waited, scope)) {
      parked.push(...(inner ?? [waiting]).map(({ id }) => id));
    } else {
      facts.push(...(await settled(waited, { turn, state, scope, pending: waiting })));
    }
  }
  if (parked.length === 0) return facts;
  const end: Fact = scope.signal.aborted
    ? interrupted(scope, { turn, reason: scope.signal.reason })
    : { type: 'run.suspended', turn, pending: parked, ...stamp(scope) };
  scope.tell.fact(end, { replayed: false });
  return [...facts, end];
}

/** The call that an agent inside is. Nobody can answer it, but the user may write while that agent waits. */
function callAround({ call }: CallState): PendingCall {
  return { id: '', reason: 'suspended', accepts: [], call, input: null, fingerprint: '' };
}

/** What the user writes goes to the run itself, which closes the call that this run inside it is. Until then this run just waits. */
function isInterruptedAround(waited: Exclude<Waited<Word>, { type: 'parked' }>, { path }: Scope): boolean {
  return path !== '' && waited.type === 'answered' && waited.value.type === 'interrupt';
}

interface Where {
  readonly turn: number;
  readonly state: CallState;
  readonly scope: Scope;
}

interface Settled extends Where {
  readonly pending: PendingCall;
}

/** What was said is one fact; where it is also the end of the call, that is another. */
async function settled(waited: Exclude<Waited<Word>, { type: 'parked' }>, where: Settled): Promise<readonly Fact[]> {
  const { turn, state, scope } = where;
  const said = answeredFact(waited, where);
  const first = factStep<Fact>(scope, { name: answerStep({ turn, ...state }), effect: 'read', work: async () => said });
  const closed = closedBy(waited, where);
  if (closed === undefined) return [await scope.durable.step(first)];
  const name = stepName({ turn, ...state });
  const second = factStep<Fact>(scope, { name, effect: 'read', work: async () => closed });
  return [await scope.durable.step(first), await scope.durable.step(second)];
}

function answeredFact(
  waited: Exclude<Waited<Word>, { type: 'parked' }>,
  { turn, state, scope }: Where,
): ApprovalAnswered | ApprovalExpired | UserWrote {
  const position = { turn, index: state.index, ...stamp(scope) };
  if (waited.type === 'expired') return { type: 'approval.expired', ...position };
  const { value } = waited;
  if (value.type === 'interrupt') return { type: 'user.wrote', ...position, message: value.message };
  return { type: 'approval.answered', ...position, answer: value };
}

function closedBy(
  waited: Exclude<Waited<Word>, { type: 'parked' }>,
  { turn, state, scope, pending }: Settled,
): CallClosed | undefined {
  const position = { turn, index: state.index, ...stamp(scope), call: state.call };
  const skipped = (reason: ToolSkipped['reason'], content: string): ToolSkipped => {
    return { type: 'tool.skipped', ...position, reason, content };
  };
  if (waited.type === 'expired') return skipped('denied', EXPIRED[pending.reason]);
  const { value } = waited;
  switch (value.type) {
    case 'approve':
    case 'edit':
      return undefined;
    case 'deny':
      return skipped('denied', denial(value, pending));
    case 'reply':
      return repliedBy(value, { position, pending, tool: scope.definition.tools.get(callName(state.call)) });
    case 'interrupt':
      return skipped('cancelled', interruptedText(state, pending));
  }
}

interface Replying {
  readonly position: Pick<ToolFinished, 'turn' | 'index' | 'call' | 'at' | 'activeMs'>;
  readonly pending: PendingCall;
  /** Gone, where the agent has changed since. */
  readonly tool: Tool | undefined;
}

/** What a reply gives is remembered, so that reading it is done once. */
function repliedBy({ value }: Extract<Answer, { type: 'reply' }>, { position, pending, tool }: Replying): CallClosed {
  const maxLength = tool?.maxResultLength ?? Number.POSITIVE_INFINITY;
  try {
    // Of a call that had begun, it is what came of it.
    const read = pending.reason === 'reply' && tool?.readReply ? tool.readReply(value, pending.input) : value;
    return { type: 'tool.finished', ...position, durationMs: 0, ...toResult(read, { maxLength }) };
  } catch (error) {
    const { content } = bounded(describeForModel(error), maxLength);
    return { type: 'tool.failed', ...position, durationMs: 0, reason: 'threw', content, error: toErrorData(error) };
  }
}

function denial({ reason }: Extract<Answer, { type: 'deny' }>, pending: PendingCall): string {
  return reason === undefined ? DENIED[pending.reason] : `${DENIED[pending.reason]} Reason: ${reason}`;
}

function interruptedText({ inner }: CallState, { reason }: PendingCall): string {
  if (inner !== undefined) return 'Cancelled: the user wrote while this agent waited. What it did before stays done.';
  return reason === 'in_doubt' ? UNTOLD : CANCELLED;
}

const UNKNOWN = 'The outcome of this call is unknown: the process stopped while it ran.';

const UNTOLD = `${UNKNOWN} It may or may not have had its effect: nobody said.`;

const DENIED: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'Denied: a person did not approve this call.',
  reply: 'Denied: this call was not answered.',
  suspended: 'Denied: this call waited for somebody, who ended it.',
  in_doubt: `${UNKNOWN} A person decided that it is not run again.`,
};

const EXPIRED: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'Denied: nobody approved this call in time.',
  reply: 'Denied: nobody answered this call in time.',
  suspended: 'Denied: this call waited for somebody, and nobody came in time.',
  in_doubt: `${UNKNOWN} Nobody said in time what came of it.`,
};
