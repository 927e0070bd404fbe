import { runUntilCancelled } from '../base/cancellation.ts';
import { findFinishError } from '../chat/finish-reason.ts';
import { type AssistantMessage, callName, getMessageText, type Message, type UserMessage } from '../chat/message.ts';
import type { ChatRequest } from '../chat/request.ts';
import { resolveToolNames } from '../chat/request-tools.ts';
import type { ChatResponse, Repair } from '../chat/response.ts';
import type { JournalEvent, ModelRespondedEvent, RequestLostEvent } from '../event/journal-event.ts';
import type { Rejection } from '../event/rejection.ts';
import { formatTurnStep } from '../event/step-name.ts';
import { addUsage } from '../event/usage.ts';
import { estimateDiscardedUsage } from '../limits/estimate.ts';
import type { CallModel } from '../loop/action.ts';
import { apply } from '../loop/apply.ts';
import { leavesTurn } from '../loop/decide-request.ts';
import { judge } from '../loop/judge.ts';
import { findArgumentRepairs } from '../tool/arguments.ts';
import { type NextModelCall, RejectedResponse } from './middleware.ts';
import { branchScope, ignoreRejection, MiddlewareRequests, middlewareScope } from './middleware-scope.ts';
import { AttemptCounter, checkResponse, ModelRequests } from './model-requests.ts';
import { emitSteering, type PlannedTurn, planTurn } from './plan-turn.ts';
import { ResponseEmitter } from './response-emitter.ts';
import type { Scope } from './scope.ts';
import { factStep, stamp, toFailure } from './step.ts';

/** Asks the model for this turn: one durable step, with all its attempts inside. */
export async function callModel(action: CallModel, scope: Scope): Promise<readonly JournalEvent[]> {
  const plan = planTurn(action, scope);
  const { fact, planned } = plan instanceof Promise ? await plan : plan;
  const facts: JournalEvent[] = fact === undefined ? [] : [fact];
  if (planned === undefined) return facts;
  const call = beginCall(planned, { action, plan: fact, scope });
  try {
    for (let lost = 0; ; lost++) {
      const fact = await runStep(call, lost);
      facts.push(fact);
      if (fact.type !== 'request.lost') return facts;
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
  /** Absent if nothing prepares turns. */
  readonly plan: JournalEvent | undefined;
}

/** A turn's call of its model. */
interface TurnCall extends TurnScope {
  readonly planned: PlannedTurn;
  readonly attempts: AttemptCounter;
  readonly emitter: ResponseEmitter;
  readonly requests: ModelRequests;
  /** What middleware asks beside it. */
  readonly middleware: MiddlewareRequests;
  /** Cancels requests that middleware did not wait for; absent without middleware around requests. */
  readonly cancelRequests: (() => void) | undefined;
}

function beginCall(planned: PlannedTurn, turnScope: TurnScope): TurnCall {
  const { action, scope } = turnScope;
  const { turn } = action;
  const { model, history } = planned;
  const isWrapped = scope.definition.middleware.some((middleware) => middleware.wrapModelCall !== undefined);
  const branch = isWrapped ? branchScope(scope) : undefined;
  const within = branch?.scope ?? scope;
  const attempts = new AttemptCounter();
  const emitter = new ResponseEmitter(within, { turn, history });
  return {
    ...turnScope,
    planned,
    attempts,
    emitter,
    requests: new ModelRequests(within, { turn, model, attempts, emitter }),
    middleware: new MiddlewareRequests(scope, turn, attempts),
    cancelRequests: branch?.end,
  };
}

/** Under a cost limit the intent to request is recorded: a request that a crash cut off is charged, and made again as a step of its own. */
function runStep(call: TurnCall, lost: number): Promise<JournalEvent> {
  const { action, scope } = call;
  const name = formatTurnStep('model', action.turn, lost);
  const work = (): Promise<JournalEvent> => requestResponse(call);
  if (!scope.budget.hasCostLimit)
    return scope.stepRunner.step(factStep<JournalEvent>(scope, { name, work, effect: 'read' }));
  const onUnknownOutcome = (): JournalEvent => recordLostRequest(call);
  return scope.stepRunner.step(
    factStep<JournalEvent>(scope, { name, work, effect: 'non-idempotent', onUnknownOutcome }),
  );
}

function recordLostRequest(call: TurnCall): RequestLostEvent {
  const { name, price } = call.planned.model;
  const usage = estimateDiscardedUsage({ request: buildRequest(call, []), price });
  return { type: 'request.lost', turn: call.action.turn, model: name, usage, ...stamp(call.scope) };
}

async function requestResponse(call: TurnCall): Promise<JournalEvent> {
  const { action, plan, scope, emitter, requests, middleware, cancelRequests } = call;
  const startedAt = scope.clock.now();
  try {
    const steering = plan === undefined ? scope.said() : []; // What is said after the plan, no middleware has seen.
    emitSteering(steering, { turn: action.turn, scope });
    const { reply, rejection } = await askThroughMiddleware(buildRequest(call, steering), call);
    cancelRequests?.();
    checkResponse(reply, 'A model middleware');
    const failure = findFinishError(reply);
    if (failure !== undefined) throw failure; // Of a response that middleware made: the model's own was tried again.
    const durationMs = scope.clock.now() - startedAt;
    const fact = recordResponse(reply, { ...call, steering, rejection, durationMs });
    scope.cancellation.throwIfCancelled(); // A listener that read the text may have ended the run.
    return fact;
  } catch (error) {
    cancelRequests?.();
    emitter.discard();
    const { usage, failedAttempts } = requests;
    return toFailure(error, { turn: action.turn, scope, usage: addUsage(usage, middleware.usage), failedAttempts });
  }
}

type Response = Pick<RejectedResponse, 'reply'> & Partial<Pick<RejectedResponse, 'rejection'>>;

/** A response that an output guard does not accept is one all the same: it is recorded, and what follows is the loop's policy. */
async function askThroughMiddleware(request: ChatRequest, call: TurnCall): Promise<Response> {
  const { scope, requests, cancelRequests } = call;
  // Without middleware nothing has to be given up: a request ends by itself when the run is cancelled.
  if (cancelRequests === undefined) return { reply: await requests.send(request) };
  try {
    return { reply: await runUntilCancelled(scope.cancellation, () => wrapModel(call)(request)) };
  } catch (error) {
    if (error instanceof RejectedResponse) return error;
    throw error;
  }
}

function buildRequest({ planned, action, scope }: TurnCall, steering: readonly UserMessage[]): ChatRequest {
  const { tools, toolChoice } = planned;
  const { instructions, settings } = scope;
  const messages = steering.length === 0 ? planned.messages : [...planned.messages, ...steering];
  const choice = action.final ? 'none' : toolChoice;
  const before: readonly Message[] = instructions === undefined ? [] : [instructions];
  return {
    messages: before.length === 0 ? messages : before.concat(messages), // A spread allocates three times as much.
    ...(tools.length === 0 ? {} : { tools, ...(choice === undefined ? {} : { tool_choice: choice }) }),
    ...settings,
    ...(scope.streams() ? { stream: true } : {}),
  };
}

/** The request's way through the middleware, the first one outermost. */
function wrapModel({ action: { turn }, planned: { model }, scope, requests, middleware }: TurnCall): NextModelCall {
  const inner: NextModelCall = (request) => ignoreRejection(requests.send(request));
  return scope.definition.middleware.reduceRight<NextModelCall>((next, { wrapModelCall: wrap }) => {
    if (wrap === undefined) return next;
    return (request) => wrap(request, next, middlewareScope(scope, { turn, requests: middleware, model }));
  }, inner);
}

interface ReceivedResponse extends TurnCall {
  readonly rejection: Rejection | undefined;
  /** What went with the request that the user has said meanwhile. */
  readonly steering: readonly UserMessage[];
  readonly durationMs: number;
}

function recordResponse(reply: ChatResponse, received: ReceivedResponse): ModelRespondedEvent {
  const { action, planned, scope, attempts, emitter, requests, middleware, steering, rejection, durationMs } = received;
  const { turn } = action;
  const [choice] = reply.choices;
  const named = resolveToolNames(choice.message, planned.tools);
  const { message, rawArguments, repairs: mends } = planned.history.admit(named.message);
  const { modelName, clampedByLimit, attempt = attempts.last, hasEmitted } = requests.findOrigin(reply);
  if (rejection === undefined && !hasEmitted) emitter.emitWhole(getMessageText(choice.message), attempt);
  const repairs = [...named.repairs, ...mends, ...findRepairs(named.message, scope)];
  if (repairs.length > 0) void scope.tell.notice({ type: 'response.repaired', turn, repairs: repairs }); // Nothing to wait with.
  const verdict = judge(message, choice.finish_reason);
  if (rejection !== undefined || verdict === 'cut' || verdict === 'empty') emitter.discard();
  const fact: ModelRespondedEvent = {
    type: 'model.responded',
    turn,
    model: modelName,
    message,
    ...(Object.keys(rawArguments).length === 0 ? {} : { rawArguments }),
    finishReason: choice.finish_reason,
    ...findWaitingCalls(message, scope),
    ...(clampedByLimit === undefined ? {} : { clampedByLimit }),
    usage: requests.usage,
    ...(rejection === undefined ? {} : { rejection }),
    ...middleware.counted,
    ...(steering.length === 0 ? {} : { steeringMessages: { before: steering, after: [] } }),
    failedAttempts: requests.failedAttempts,
    durationMs,
    ...stamp(scope),
  };
  return verdict === 'text' && rejection === undefined ? addLateSteering(fact, received) : fact;
}

/** Recorded, so that no agent that resumes the run can run a call without approval that this one asks for. */
function findWaitingCalls(
  { tool_calls: calls = [] }: AssistantMessage,
  { policy }: Scope,
): Pick<ModelRespondedEvent, 'mayWait'> {
  const mayWait = calls.flatMap((call, index) => (policy.mayWait(callName(call)) ? [index] : []));
  return mayWait.length === 0 ? {} : { mayWait };
}

/** What the tools read otherwise than the model wrote it. */
function findRepairs({ tool_calls: calls = [] }: AssistantMessage, { definition }: Scope): readonly Repair[] {
  return calls.flatMap((call, index) => {
    const tool = definition.tools.get(callName(call));
    const repairs = tool === undefined ? [] : findArgumentRepairs(tool, call);
    return repairs.map(({ path, note }) => ({ path: `message.tool_calls[${index}].${path}`, note }));
  });
}

/** The run goes on with what the user said while the model answered. If its limits leave no turn, the next run begins with it. */
function addLateSteering(fact: ModelRespondedEvent, { plan, scope, steering }: ReceivedResponse): ModelRespondedEvent {
  const after = scope.said().slice(steering.length);
  if (after.length === 0) return fact;
  const state = [...(plan === undefined ? [] : [plan]), fact].reduce(apply, scope.known());
  if (!leavesTurn(state, scope.policy)) return fact;
  emitSteering(after, { turn: fact.turn, scope });
  return { ...fact, steeringMessages: { before: steering, after } };
}
