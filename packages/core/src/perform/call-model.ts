import { runUntilCancelled } from '../base/cancellation.ts';
import { findFinishError } from '../chat/finish-reason.ts';
import { type AssistantMessage, getCallName, getMessageText, type Message, type UserMessage } from '../chat/message.ts';
import type { ChatRequest } from '../chat/request.ts';
import { resolveToolNames } from '../chat/request-tools.ts';
import type { ChatResponse, Repair } from '../chat/response.ts';
import type { JournalEvent, ModelRespondedEvent, RequestLostEvent } from '../event/journal-event.ts';
import type { Rejection } from '../event/rejection.ts';
import { formatTurnStep } from '../event/step-name.ts';
import { addUsage, type Usage } from '../event/usage.ts';
import { estimateDiscardedUsage } from '../limits/estimate.ts';
import type { CallModel } from '../loop/action.ts';
import { apply } from '../loop/apply.ts';
import { classifyResponse } from '../loop/classify-response.ts';
import { hasTurnLeft } from '../loop/decide-request.ts';
import { findArgumentRepairs } from '../tool/arguments.ts';
import {
  createModelCallSpan,
  instrumentModelCall,
  type ModelCallResult,
  type ModelCallSpan,
} from './instrumentation.ts';
import { KeptResponses } from './kept-responses.ts';
import { checkResponse, type NextModelCall, type NextModelCallOptions, RejectedResponse } from './middleware.ts';
import {
  branchScope,
  createMiddlewareScope,
  finishRuns,
  ignoreRejection,
  MiddlewareRequests,
  SuspendedStepError,
} from './middleware-scope.ts';
import { AttemptCounter, ModelRequests } from './model-requests.ts';
import { emitSteering, type PlannedTurn, planTurn } from './plan-turn.ts';
import { withReplayedRuns } from './replay-runs.ts';
import { ResponseEmitter } from './response-emitter.ts';
import type { Scope } from './scope.ts';
import { createEventStep, type FailureEvent, stamp, toFailure } from './step.ts';

/** Requests the response of a turn in one durable step, which contains all attempts. */
export async function callModel(action: CallModel, scope: Scope): Promise<readonly JournalEvent[]> {
  const plan = planTurn(action, scope);
  const { event, planned } = plan instanceof Promise ? await plan : plan;
  const events: JournalEvent[] = event === undefined ? [] : [event];
  if (planned === undefined) return events;
  const call = beginCall(planned, { action, plan: event, scope });
  try {
    for (let lost = 0; ; lost++) {
      const { event, suspended } = await runRequestStep(call, lost);
      events.push(event);
      if (suspended !== undefined) throw suspended.with(events);
      if (event.type !== 'request.lost') return events;
      call.responses.restore(event);
    }
  } finally {
    call.cancelRequests?.();
    // The event has charged what was used. Releasing it earlier would let a parallel request exceed the limit.
    call.requests.end();
    call.middleware.end();
  }
}

interface TurnScope {
  readonly action: CallModel;
  readonly scope: Scope;
  /** Absent if no middleware prepares turns. */
  readonly plan: JournalEvent | undefined;
}

/** The model call of a turn. */
interface TurnCall extends TurnScope {
  readonly planned: PlannedTurn;
  readonly attempts: AttemptCounter;
  readonly emitter: ResponseEmitter;
  readonly requests: ModelRequests;
  /** The requests of middleware. */
  readonly middleware: MiddlewareRequests;
  /** The responses to requests that middleware passed on. */
  readonly responses: KeptResponses;
  /** Cancels requests that middleware did not await; absent if no middleware wraps model calls. */
  readonly cancelRequests: (() => void) | undefined;
}

function beginCall(planned: PlannedTurn, turnScope: TurnScope): TurnCall {
  const { action, scope } = turnScope;
  const { turn } = action;
  const { model, history } = planned;
  const isWrapped = scope.definition.middleware.some((middleware) => middleware.wrapModelCall !== undefined);
  const branch = isWrapped ? branchScope(scope) : undefined;
  const branched = branch?.scope ?? scope;
  const attempts = new AttemptCounter();
  const emitter = new ResponseEmitter(branched, { turn, history });
  return {
    ...turnScope,
    planned,
    attempts,
    emitter,
    requests: new ModelRequests(branched, { turn, model, attempts, emitter }),
    middleware: new MiddlewareRequests(scope, turn, attempts),
    responses: new KeptResponses(),
    cancelRequests: branch?.end,
  };
}

/** Records the intent of a request under a cost limit. If a crash interrupts the request, it is charged and repeated as another step. */
async function runRequestStep(call: TurnCall, lost: number): Promise<RequestStepResult> {
  const { action, scope } = call;
  const name = formatTurnStep('model', action.turn, lost);
  let suspended: SuspendedStepError | undefined;
  const work = (): Promise<JournalEvent> =>
    requestResponse(call).catch((error: unknown) => {
      if (!(error instanceof SuspendedStepError)) throw error;
      suspended = error;
      return {
        ...createLostEvent(call, addUsage(call.requests.usage, call.middleware.usage)),
        ...call.responses.fields,
      };
    });
  const onUnknownOutcome = (): Promise<JournalEvent> => recordLostRequest(call);
  const step = scope.budget.hasCostLimit
    ? createEventStep<JournalEvent>(scope, { name, work, effect: 'non-idempotent', onUnknownOutcome })
    : createEventStep<JournalEvent>(scope, { name, work, effect: 'read' });
  const segment = formatTurnStep('model', action.turn);
  const event = await scope.stepRunner.step(withReplayedRuns(step, { scope, segment }));
  return { event, suspended };
}

interface RequestStepResult {
  readonly event: JournalEvent;
  /** Set if a run inside middleware waits. */
  readonly suspended: SuspendedStepError | undefined;
}

function createLostEvent({ planned, action, scope }: TurnCall, usage: Usage): RequestLostEvent {
  return { type: 'request.lost', turn: action.turn, model: planned.model.name, usage, ...stamp(scope) };
}

async function recordLostRequest(call: TurnCall): Promise<RequestLostEvent> {
  const { price } = call.planned.model;
  const request = buildRequest(call, []);
  const usage = estimateDiscardedUsage({ request, price });
  const event = createLostEvent(call, usage);
  const span = createSpan(call, { request, origin: 'lost', getUsage: () => usage });
  if (span !== undefined) await instrumentModelCall(call.scope, span, async () => ({ event }));
  return event;
}

function createSpan(
  { scope, planned, action }: TurnCall,
  fields: Pick<ModelCallSpan, 'request' | 'origin' | 'getUsage'>,
): ModelCallSpan | undefined {
  return createModelCallSpan(scope, () => {
    const isCompacted = scope.getState().replacedMessages.length > 0;
    const hasInstructions = scope.instructions !== undefined;
    return { turn: action.turn, model: planned.model, isCompacted, hasInstructions, ...fields };
  });
}

function requestResponse(call: TurnCall): Promise<JournalEvent> {
  const { action, plan, scope, requests } = call;
  const steering = plan === undefined ? scope.getSteering() : []; // After the plan, no middleware would see the messages.
  emitSteering(steering, { turn: action.turn, scope });
  const request = buildRequest(call, steering);
  const span = createSpan(call, { request, origin: 'turn', getUsage: () => requests.usage });
  const send = (): Promise<RequestResult> => sendRequest(call, { request, steering });
  requests.setCallSpan(span);
  const sent = span === undefined ? send() : instrumentModelCall(scope, span, send);
  return sent.then(({ event }) => event);
}

interface TurnRequest {
  readonly request: ChatRequest;
  /** The steering messages that are sent with it. */
  readonly steering: readonly UserMessage[];
}

/** What came of a request, for the journal and for its span. */
interface RequestResult extends ModelCallResult {
  readonly event: JournalEvent;
}

async function sendRequest(call: TurnCall, sent: TurnRequest): Promise<RequestResult> {
  const { event, ...result } = await requestThroughMiddleware(call, sent);
  return { ...result, event: await finishRuns(async () => event, call.middleware) };
}

interface SentResult extends ModelCallResult {
  readonly event: ModelRespondedEvent | FailureEvent;
}

async function requestThroughMiddleware(call: TurnCall, { request, steering }: TurnRequest): Promise<SentResult> {
  const { action, scope, emitter, requests, middleware, cancelRequests } = call;
  const startedAt = scope.clock.now();
  try {
    const { response, rejection } = await sendThroughMiddleware(request, call);
    cancelRequests?.();
    checkResponse(response, 'A model middleware');
    const failure = findFinishError(response);
    if (failure !== undefined) throw failure; // Middleware made this response: a failed response of the model has been retried already.
    const durationMs = scope.clock.now() - startedAt;
    const event = recordResponse(response, { ...call, steering, rejection, durationMs });
    scope.cancellation.throwIfCancelled(); // A listener may have cancelled the run when it got the text.
    return { event, response, model: requests.findOrigin(response).model };
  } catch (error) {
    cancelRequests?.();
    emitter.discard();
    const { usage, failedAttempts } = requests;
    const failure = { turn: action.turn, scope, usage: addUsage(usage, middleware.usage), failedAttempts };
    return { event: toFailure(error, failure) };
  }
}

type AcceptedResponse = Pick<RejectedResponse, 'response'> & Partial<Pick<RejectedResponse, 'rejection'>>;

/** A response that an output guard rejects is recorded like any other. The loop decides what follows. */
async function sendThroughMiddleware(request: ChatRequest, call: TurnCall): Promise<AcceptedResponse> {
  const { scope, requests, cancelRequests } = call;
  // Without middleware a race is unnecessary: a request ends by itself when the run is cancelled.
  if (cancelRequests === undefined) return { response: await requests.send(request) };
  try {
    return { response: await runUntilCancelled(scope.cancellation, () => wrapModel(call)(request)) };
  } catch (error) {
    if (error instanceof RejectedResponse) return error;
    throw error;
  }
}

function buildRequest({ planned, action, scope }: TurnCall, steering: readonly UserMessage[]): ChatRequest {
  const { tools, toolChoice, instructions, settings } = planned;
  const messages = steering.length === 0 ? planned.messages : [...planned.messages, ...steering];
  const choice = action.isLast ? 'none' : toolChoice;
  const before: readonly Message[] = instructions === undefined ? [] : [instructions];
  return {
    messages: before.length === 0 ? messages : before.concat(messages), // Cheaper than a spread, which allocates three times as much.
    ...(tools.length === 0 ? {} : { tools, ...(choice === undefined ? {} : { tool_choice: choice }) }),
    ...settings,
    ...(scope.shouldStream() ? { stream: true } : {}),
  };
}

/** Wraps the request in the middleware, the first one outermost. */
function wrapModel(call: TurnCall): NextModelCall {
  const { action, planned, scope, requests, middleware, responses } = call;
  const { turn } = action;
  const { model } = planned;
  const segment = formatTurnStep('model', turn);
  const next: NextModelCall = (request, options) => requests.send(request, options?.onText);
  const readModel = (response: ChatResponse): string => requests.findOrigin(response).model.name;
  const sendRequest: NextModelCall = (...sent) => ignoreRejection(responses.send(sent, { next, readModel }));
  return scope.definition.middleware.reduceRight<NextModelCall>((next, { wrapModelCall: wrap }) => {
    if (wrap === undefined) return next;
    return (request, options) => {
      const nextWithBoth: NextModelCall =
        options?.onText === undefined
          ? next
          : (inner, own) => next(inner, { onText: combineTextListeners(own?.onText, options.onText) });
      return wrap(request, nextWithBoth, createMiddlewareScope(scope, { turn, requests: middleware, segment, model }));
    };
  }, sendRequest);
}

type TextListener = NextModelCallOptions['onText'];

/** The inner middleware is first. */
function combineTextListeners(inner: TextListener, outer: TextListener): TextListener {
  if (inner === undefined || outer === undefined) return inner ?? outer;
  return async (text) => {
    await inner(text);
    await outer(text);
  };
}

interface ReceivedResponse extends TurnCall {
  readonly rejection: Rejection | undefined;
  /** The steering messages that were sent with the request. */
  readonly steering: readonly UserMessage[];
  readonly durationMs: number;
}

function recordResponse(response: ChatResponse, received: ReceivedResponse): ModelRespondedEvent {
  const {
    action,
    planned,
    scope,
    attempts,
    emitter,
    requests,
    middleware,
    responses,
    steering,
    rejection,
    durationMs,
  } = received;
  const { turn } = action;
  const [choice] = response.choices;
  const named = resolveToolNames(choice.message, planned.tools);
  const { message, rawArguments, repairs: historyRepairs } = planned.history.admit(named.message);
  const { model, clampedByLimit, attempt = attempts.last, hasEmitted } = requests.findOrigin(response);
  if (rejection === undefined && !hasEmitted) emitter.emitWhole(getMessageText(choice.message), attempt);
  const repairs = [...named.repairs, ...historyRepairs, ...findRepairs(named.message, scope)];
  if (repairs.length > 0) void scope.events.emitLiveEvent({ type: 'response.repaired', turn, repairs }); // A repair needs no backpressure.
  const verdict = classifyResponse(message, choice.finish_reason);
  if (rejection !== undefined || verdict === 'cut' || verdict === 'empty') emitter.discard();
  const event: ModelRespondedEvent = {
    type: 'model.responded',
    turn,
    model: responses.findModel(response) ?? model.name,
    message,
    ...(Object.keys(rawArguments).length === 0 ? {} : { rawArguments }),
    finishReason: choice.finish_reason,
    ...findWaitingCalls(message, scope),
    ...(clampedByLimit === undefined ? {} : { clampedByLimit }),
    usage: requests.usage,
    ...(rejection === undefined ? {} : { rejection }),
    ...middleware.usageFields,
    ...(steering.length === 0 ? {} : { steeringMessages: { before: steering, after: [] } }),
    failedAttempts: requests.failedAttempts,
    durationMs,
    ...stamp(scope),
  };
  return verdict === 'text' && rejection === undefined ? addLateSteering(event, received) : event;
}

/** Recorded with the response: an agent that resumes the run must not skip an approval that this agent requires. */
function findWaitingCalls(
  { tool_calls: calls = [] }: AssistantMessage,
  { policy }: Scope,
): Pick<ModelRespondedEvent, 'mayWait'> {
  const mayWait = calls.flatMap((call, index) => (policy.canWait(getCallName(call)) ? [index] : []));
  return mayWait.length === 0 ? {} : { mayWait };
}

/** Finds arguments that a tool reads in a repaired form. */
function findRepairs({ tool_calls: calls = [] }: AssistantMessage, { definition }: Scope): readonly Repair[] {
  return calls.flatMap((call, index) => {
    const tool = definition.tools.get(getCallName(call));
    const repairs = tool === undefined ? [] : findArgumentRepairs(tool, call);
    return repairs.map(({ path, note }) => ({ path: `message.tool_calls[${index}].${path}`, note }));
  });
}

/** Adds messages that arrived while the model responded, which continue the run. If the limits leave no turn, the caller keeps them. */
function addLateSteering(event: ModelRespondedEvent, { plan, scope, steering }: ReceivedResponse): ModelRespondedEvent {
  const after = scope.getSteering().slice(steering.length);
  if (after.length === 0) return event;
  const state = [...(plan === undefined ? [] : [plan]), event].reduce(apply, scope.getState());
  if (!hasTurnLeft(state, scope.policy)) return event;
  emitSteering(after, { turn: event.turn, scope });
  return { ...event, steeringMessages: { before: steering, after } };
}
