import type { ModelRepromptedEvent } from '../event/journal-event.ts';
import type { Conclusion } from '../event/outcome.ts';
import type { Rejection } from '../event/rejection.ts';
import { formatTurnStep } from '../event/step-name.ts';
import type { Action } from './action.ts';
import { concludeFailure } from './conclude-failure.ts';
import { decideCalls } from './decide-calls.ts';
import { decideRequest } from './decide-request.ts';
import { EmptyResponseError, InvalidOutputError } from './errors.ts';
import { CUT, describeInvalidOutput, describeRejection, EMPTY } from './loop-prompts.ts';
import type { Policy } from './policy.ts';
import type { LastResponse, RunState } from './state.ts';

/** Decides what the loop does next. The whole policy of a run; pure. */
export function decide(state: RunState, policy: Policy): Action {
  if (state.runEnd !== undefined) return finish(state.runEnd);
  if (state.calls.length > 0) return decideCalls(state, policy);
  if (state.lastResponse === undefined) return decideRequest(state, policy);
  return decideResponse(state, { response: state.lastResponse, policy });
}

interface ResponseScope {
  readonly response: LastResponse;
  readonly policy: Policy;
}

function decideResponse(state: RunState, { response, policy }: ResponseScope): Action {
  const { turn, approachingLimit } = state;
  if (response.rejection !== undefined) return decideRejection(state, { rejection: response.rejection, policy });
  switch (response.kind) {
    case 'calls':
      return decideRequest(state, policy);
    case 'refused':
      return finish({ status: 'refused', refusal: response.refusal });
    case 'filtered':
      return finish({ status: 'filtered', text: response.text });
    case 'truncated':
      if (response.clampedByLimit === undefined) return finish({ status: 'truncated', text: response.text });
      return finish(concludeClamped(state, { response, policy }));
    case 'cut':
      if (response.clampedByLimit !== undefined) return finish(concludeClamped(state, { response, policy }));
      if (state.reprompts.cut > 0 || approachingLimit !== undefined)
        return finish({ status: 'truncated', text: response.text });
      return reprompt(turn, { reason: 'cut', content: CUT });
    case 'empty':
      if (approachingLimit !== undefined) return finish(concludeLimited(state));
      if (state.reprompts.empty === 0) return reprompt(turn, { reason: 'empty', content: EMPTY });
      return finish(concludeFailure(new EmptyResponseError(EMPTY_TWICE, { code: 'response.empty' })));
    case 'text':
      return policy.checksOutput
        ? decideOutput(state, { response, policy })
        : finish(concludeText(state, response.text, response.text));
  }
}

/** Decides what follows a response that an output guard rejects. The response never becomes the output of the run. */
function decideRejection(
  state: RunState,
  { rejection, policy }: { readonly rejection: Rejection; readonly policy: Policy },
): Action {
  const { guard, reason, maxRetries = policy.maxOutputRetries } = rejection;
  const retries = rejection.maxRetries === undefined ? state.reprompts.output : (state.guardRetries.get(guard) ?? 0);
  if (state.approachingLimit !== undefined) return finish(concludeLimited(state));
  if (retries >= maxRetries) return finish({ status: 'refused', refusal: reason, guard });
  return reprompt(state.turn, { reason: 'guard', guard, content: describeRejection(reason) });
}

const EMPTY_TWICE =
  'The model returned neither text nor tool calls, twice. Check the model, its token limit and its stop settings.';

function decideOutput(state: RunState, { response, policy }: ResponseScope): Action {
  const { output, turn } = state;
  if (output === undefined) return { type: 'check-output', turn, text: response.text };
  if (output.ok) return finish(concludeText(state, output.value, response.text));
  if (state.approachingLimit !== undefined) return finish({ ...concludeLimited(state), text: response.text });
  if (state.reprompts.output < policy.maxOutputRetries) {
    const describe = output.isRejected === true ? describeRejection : describeInvalidOutput;
    return reprompt(turn, { reason: 'output', content: describe(output.issues) });
  }
  const problem = output.isRejected === true ? 'is still rejected' : 'still does not match the output schema';
  const message = `The answer ${problem} after every retry (maxOutputRetries: ${policy.maxOutputRetries}): ${output.issues}`;
  return finish(concludeFailure(new InvalidOutputError(message, { text: response.text, issues: output.issues })));
}

function concludeText(state: RunState, output: unknown, text: string): Conclusion {
  return state.approachingLimit === undefined
    ? { status: 'completed', output, text }
    : { ...concludeLimited(state), output, text };
}

/** A limit of the run shortened the response. */
function concludeClamped(state: RunState, { response: { text, clampedByLimit }, policy }: ResponseScope): Conclusion {
  const limit = clampedByLimit ?? 'tokens';
  const spent = limit === 'cost' ? state.usage.cost : state.usage.totalTokens;
  const output = policy.checksOutput || text.trim() === '' ? {} : { output: text };
  return { status: 'limited', limit, max: policy.limits[limit], spent, text, ...output };
}

function concludeLimited({ approachingLimit }: RunState): Extract<Conclusion, { status: 'limited' }> {
  const { limit, max, spent } = approachingLimit ?? { limit: 'turns', max: 0, spent: 0 };
  return { status: 'limited', limit, max, spent };
}

interface Reprompt extends Pick<ModelRepromptedEvent, 'reason' | 'guard'> {
  readonly content: string;
}

function reprompt(turn: number, { content, ...fields }: Reprompt): Action {
  const message = { role: 'user' as const, content };
  return {
    type: 'record-event',
    step: formatTurnStep('reprompt', turn),
    event: { type: 'model.reprompted', turn, ...fields, message },
  };
}

function finish(conclusion: Conclusion): Action {
  return { type: 'finish', conclusion };
}
