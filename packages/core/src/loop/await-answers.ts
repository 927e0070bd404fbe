import { CANCELLED } from '../chat/history.ts';
import { callName } from '../chat/message.ts';
import type { Waited, Word } from '../durable/durable.ts';
import type { Fact, ToolSkipped } from '../event/fact.ts';
import type { AwaitAnswers } from './action.ts';
import { interrupted, type Scope, stamp } from './scope.ts';
import type { CallState } from './state.ts';

/** Waits for each pending call's answer, in the order of the calls. Answers are remembered by the host. */
export async function awaitAnswers({ turn, calls }: AwaitAnswers, scope: Scope): Promise<readonly Fact[]> {
  const facts: Fact[] = [];
  const parked: string[] = [];
  for (const state of calls) {
    const { pending, call } = state;
    if (pending === undefined) continue;
    const timeoutMs = scope.definition.tools.get(callName(call))?.approvalTimeoutMs ?? Number.POSITIVE_INFINITY;
    const waited = await scope.durable.wait<Word>(pending.id, { fingerprint: pending.fingerprint, timeoutMs });
    if (waited.type === 'parked') {
      parked.push(pending.id);
      continue;
    }
    for (const fact of factsOf(waited, { turn, state, scope })) {
      scope.tell.fact(fact, waited);
      facts.push(fact);
    }
  }
  if (parked.length === 0) return facts;
  if (scope.signal.aborted) {
    const aborted = interrupted(scope, { turn, reason: scope.signal.reason });
    scope.tell.fact(aborted, { replayed: false });
    return [...facts, aborted];
  }
  const suspended: Fact = { type: 'run.suspended', turn, pending: parked, ...stamp(scope) };
  scope.tell.fact(suspended, { replayed: false });
  return [...facts, suspended];
}

interface Where {
  readonly turn: number;
  readonly state: CallState;
  readonly scope: Scope;
}

function factsOf(waited: Exclude<Waited<Word>, { type: 'parked' }>, { turn, state, scope }: Where): readonly Fact[] {
  const position = { turn, index: state.index, ...stamp(scope) };
  const skipped = (reason: ToolSkipped['reason'], content: string): ToolSkipped => {
    return { type: 'tool.skipped', ...position, call: state.call, reason, content };
  };
  if (waited.type === 'expired') {
    return [{ type: 'approval.expired', ...position }, skipped('denied', 'Denied: nobody approved this call in time.')];
  }
  const word = waited.value;
  switch (word.type) {
    case 'approve':
    case 'edit':
      return [{ type: 'approval.answered', ...position, answer: word }];
    case 'deny': {
      const reason = word.reason === undefined ? '' : ` Reason: ${word.reason}`;
      const content = `Denied: a person did not approve this call.${reason}`;
      return [{ type: 'approval.answered', ...position, answer: word }, skipped('denied', content)];
    }
    case 'interrupt':
      return [{ type: 'user.wrote', ...position, message: word.message }, skipped('cancelled', CANCELLED)];
  }
}
