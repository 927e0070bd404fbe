import type { ModelRepromptedEvent } from '../event/journal-event.ts';
import type { Rejection } from '../event/rejection.ts';
import { formatTurnStep } from '../event/step-name.ts';
import type { Action, Conclusion } from './action.ts';
import { decideCalls } from './decide-calls.ts';
import { decideRequest } from './decide-request.ts';
import { EmptyResponseError, InvalidOutputError } from './errors.ts';
import { failure } from './failure.ts';
import { CUT, describeInvalidOutput, describeRejection, EMPTY } from './own-prompts.ts';
import type { Policy } from './policy.ts';
import type { PendingAnswer, RunState } from './state.ts';

/** The whole policy: what happens next, given what is known. Pure; reads facts only. */
export function decide(state: RunState, policy: Policy): Action {
  if (state.ended !== undefined) return finish(state.ended);
  if (state.calls.length > 0) return decideCalls(state, policy);
  if (state.word === undefined) return decideRequest(state, policy);
  return decideResponse(state, { word: state.word, policy });
}

interface Reply {
  readonly word: PendingAnswer;
  readonly policy: Policy;
}

function decideResponse(state: RunState, { word, policy }: Reply): Action {
  const { turn, last } = state;
  if (word.rejection !== undefined) return decideRejected(state, word.rejection);
  switch (word.verdict) {
    case 'calls':
      return decideRequest(state, policy);
    case 'refused':
      return finish({ status: 'refused', refusal: word.refusal });
    case 'filtered':
      return finish({ status: 'filtered', text: word.text });
    case 'truncated':
      if (word.clampedByLimit === undefined) return finish({ status: 'truncated', text: word.text });
      return finish(clamped(state, { word, policy }));
    case 'cut':
      if (word.clampedByLimit !== undefined) return finish(clamped(state, { word, policy }));
      if (state.asked.cut > 0 || last !== undefined) return finish({ status: 'truncated', text: word.text });
      return askAgain(turn, { reason: 'cut', content: CUT });
    case 'empty':
      if (last !== undefined) return finish(limited(state));
      if (state.asked.empty === 0) return askAgain(turn, { reason: 'empty', content: EMPTY });
      return finish(failure(new EmptyResponseError(EMPTY_TWICE, { code: 'response.empty' })));
    case 'text':
      return policy.hasOutput ? decideOutput(state, { word, policy }) : finish(ended(state, word.text, word.text));
  }
}

/** What follows a response that an output guard does not accept. Nothing of it becomes the run's output. */
function decideRejected(state: RunState, { guard, reason, maxRetries }: Rejection): Action {
  if (state.last !== undefined) return finish(limited(state));
  if ((state.guardRetries.get(guard) ?? 0) >= maxRetries) return finish({ status: 'refused', refusal: reason, guard });
  return askAgain(state.turn, { reason: 'guard', guard, content: describeRejection(reason) });
}

const EMPTY_TWICE =
  'The model gave neither text nor tool calls, also after it was asked again. Check the model, its token limit and its stop settings.';

function decideOutput(state: RunState, { word, policy }: Reply): Action {
  const { output, turn } = state;
  if (output === undefined) return { type: 'check-output', turn, text: word.text };
  if (output.ok) return finish(ended(state, output.value, word.text));
  if (state.last !== undefined) return finish({ ...limited(state), text: word.text });
  if (state.asked.output < policy.maxOutputRetries) {
    return askAgain(turn, { reason: 'output', content: describeInvalidOutput(output.issues) });
  }
  const message = `The answer did not fit the output schema, also after ${policy.maxOutputRetries} corrections: ${output.issues}`;
  return finish(failure(new InvalidOutputError(message, { text: word.text, issues: output.issues })));
}

function ended(state: RunState, output: unknown, text: string): Conclusion {
  return state.last === undefined ? { status: 'completed', output, text } : { ...limited(state), output, text };
}

/** The run's limit left the reply too little room. */
function clamped(state: RunState, { word: { text, clampedByLimit }, policy }: Reply): Conclusion {
  const limit = clampedByLimit ?? 'tokens';
  const spent = limit === 'cost' ? state.usage.cost : state.usage.totalTokens;
  const output = policy.hasOutput || text.trim() === '' ? {} : { output: text };
  return { status: 'limited', limit, max: policy.limits[limit], spent, text, ...output };
}

function limited({ last }: RunState): Extract<Conclusion, { status: 'limited' }> {
  const { limit, max, spent } = last ?? { limit: 'turns', max: 0, spent: 0 };
  return { status: 'limited', limit, max, spent };
}

interface AskingAgain extends Pick<ModelRepromptedEvent, 'reason' | 'guard'> {
  readonly content: string;
}

function askAgain(turn: number, { content, ...why }: AskingAgain): Action {
  const message = { role: 'user' as const, content };
  return {
    type: 'tell',
    step: formatTurnStep('reprompt', turn),
    fact: { type: 'model.reprompted', turn, ...why, message },
  };
}

function finish(conclusion: Conclusion): Action {
  return { type: 'finish', conclusion };
}
