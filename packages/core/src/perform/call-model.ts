import { untilAborted } from '../base/abort.ts';
import { finishError } from '../chat/finish-reason.ts';
import { type AssistantMessage, callName, type UserMessage } from '../chat/message.ts';
import type { ChatReply, Mend } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import { resolveToolNames } from '../chat/request-tools.ts';
import type { Fact, ModelLost, ModelReplied } from '../event/fact.ts';
import type { Rejection } from '../event/rejection.ts';
import { addUsage } from '../event/usage.ts';
import { discardedUsage } from '../limits/estimate.ts';
import type { CallModel } from '../loop/action.ts';
import { apply } from '../loop/apply.ts';
import { leavesTurn } from '../loop/decide-request.ts';
import { judge } from '../loop/judge.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { findArgumentRepairs } from '../tool/arguments.ts';
import { Aside } from './aside.ts';
import { checkReply } from './check-reply.ts';
import { AttemptCounter, Exchange } from './exchange.ts';
import { forgettable, leavable } from './leavable.ts';
import type { ModelCall } from './middleware.ts';
import { middlewareScope, type Planned, planTurn } from './plan-turn.ts';
import { RejectedResponse } from './rejected-response.ts';
import { factStep, type Scope, stamp } from './scope.ts';
import { tellSteered } from './steered.ts';
import { unanswered } from './unanswered.ts';

/** Asks the model for this turn: one durable step, with all its attempts inside. */
export async function callModel(action: CallModel, scope: Scope): Promise<readonly Fact[]> {
  const made = planTurn(action, scope);
  const { fact: plan, planned } = made instanceof Promise ? await made : made;
  const facts: Fact[] = plan === undefined ? [] : [plan];
  if (planned === undefined) return facts;
  const isWrapped = scope.definition.middleware.some(({ model }) => model !== undefined);
  const { scope: within, leave } = isWrapped ? leavable(scope) : { scope, leave: undefined };
  const attempts = new AttemptCounter();
  const exchange = new Exchange(within, {
    turn: action.turn,
    model: planned.model,
    attempts,
    history: planned.history,
  });
  const aside = new Aside(scope, action.turn, attempts);
  const asking: Asking = { action, plan, scope, exchange, aside, leave };
  try {
    for (let lost = 0; ; lost++) {
      const fact = await askOnce(planned, { asking, lost });
      facts.push(fact);
      if (fact.type !== 'model.lost') return facts;
    }
  } finally {
    // Only now: what was used is charged when the fact is told, and there must be no gap between the two.
    exchange.end();
    aside.end();
  }
}

/** Under a cost limit an intent to request is kept: one that a crash cut off is charged, and made again as a step of its own. */
function askOnce(
  planned: Planned,
  { asking, lost }: { readonly asking: Asking; readonly lost: number },
): Promise<Fact> {
  const { action, scope } = asking;
  const name = lost === 0 ? `model:${action.turn}` : `model:${action.turn}:${lost}`;
  const work = (): Promise<Fact> => ask(planned, asking);
  if (!scope.budget.isPaid) return scope.durable.step(factStep<Fact>(scope, { name, work, effect: 'read' }));
  const inDoubt = (): Fact => lostBy(planned, asking);
  return scope.durable.step(factStep<Fact>(scope, { name, work, effect: 'once', inDoubt }));
}

function lostBy(planned: Planned, { action, scope }: Requesting): ModelLost {
  const { name, price } = planned.model;
  const usage = discardedUsage({ request: requestOf(planned, { action, scope }), price });
  return { type: 'model.lost', turn: action.turn, model: name, usage, ...stamp(scope) };
}

interface Requesting {
  readonly action: CallModel;
  readonly scope: Scope;
}

interface Asking extends Requesting {
  /** Absent where nothing prepares turns. */
  readonly plan: Fact | undefined;
  readonly exchange: Exchange;
  readonly aside: Aside;
  /** Gives up what middleware did not wait for; absent where there is none. */
  readonly leave: (() => void) | undefined;
}

async function ask(planned: Planned, asking: Asking): Promise<Fact> {
  const { action, plan, scope, exchange, aside, leave } = asking;
  const startedAt = scope.clock.now();
  try {
    const said = plan === undefined ? scope.said() : []; // What is said after the plan, no middleware has seen.
    tellSteered(said, { turn: action.turn, scope });
    const asked = said.length === 0 ? planned : { ...planned, messages: [...planned.messages, ...said] };
    const request = requestOf(asked, { action, scope });
    const { reply, rejection } = await answer(request, { ...asking, planned });
    leave?.();
    checkReply(reply, 'A model middleware');
    const failure = finishError(reply);
    if (failure !== undefined) throw failure; // Of a reply that middleware made: the model's own was tried again.
    const durationMs = scope.clock.now() - startedAt;
    const fact = replied(reply, { ...asking, planned, said, rejection, durationMs });
    scope.signal.throwIfAborted(); // Whoever heard of the text may have ended the run.
    return fact;
  } catch (error) {
    leave?.();
    exchange.tellDiscarded();
    const { usage, failedAttempts } = exchange;
    return unanswered(error, { turn: action.turn, scope, usage: addUsage(usage, aside.usage), failedAttempts });
  }
}

interface Answering extends Asking {
  readonly planned: Planned;
}

type Answer = Pick<RejectedResponse, 'reply'> & Partial<Pick<RejectedResponse, 'rejection'>>;

/** A response that an output guard does not accept is one all the same: it is recorded, and what follows is the loop's policy. */
async function answer(request: ChatRequest, { planned, ...asking }: Answering): Promise<Answer> {
  try {
    return { reply: await untilAborted(asking.scope.signal, () => wrapped(planned.model, asking)(request)) };
  } catch (error) {
    if (error instanceof RejectedResponse) return error;
    throw error;
  }
}

function requestOf({ messages, tools, toolChoice }: Planned, { action, scope }: Requesting): ChatRequest {
  const { instructions, settings } = scope;
  const choice = action.final ? 'none' : toolChoice;
  return {
    messages: instructions === undefined ? messages : [instructions, ...messages],
    ...(tools.length === 0 ? {} : { tools, ...(choice === undefined ? {} : { tool_choice: choice }) }),
    ...settings,
    ...(scope.streams() ? { stream: true } : {}),
  };
}

/** The request's way through the middleware, the first one outermost. */
function wrapped(model: ChatModel, { action: { turn }, scope, exchange, aside }: Asking): ModelCall {
  const inner: ModelCall = (request) => forgettable(exchange.call(request));
  return scope.definition.middleware.reduceRight<ModelCall>((next, { model: wrap }) => {
    return wrap === undefined ? next : (request) => wrap(request, next, middlewareScope(scope, { turn, aside, model }));
  }, inner);
}

interface Replying extends Answering {
  readonly rejection: Rejection | undefined;
  /** What went with the request that the user has said meanwhile. */
  readonly said: readonly UserMessage[];
  readonly durationMs: number;
}

function replied(
  reply: ChatReply,
  { planned, said: before, rejection, durationMs, ...asking }: Replying,
): ModelReplied {
  const { action, plan, scope, exchange, aside } = asking;
  const { turn } = action;
  const [choice] = reply.choices;
  const named = resolveToolNames(choice.message, planned.tools);
  const { message, rawArguments, mends } = planned.history.admit(named.message);
  if (rejection === undefined) exchange.tellWhole(reply);
  const mended = [...named.mends, ...mends, ...findRepairs(named.message, scope)];
  if (mended.length > 0) exchange.tellMended(mended);
  const verdict = judge(message, choice.finish_reason);
  if (rejection !== undefined || verdict === 'cut' || verdict === 'empty') exchange.tellDiscarded();
  const { modelName, clampedBy } = exchange.findOrigin(reply);
  const fact: ModelReplied = {
    type: 'model.replied',
    turn,
    model: modelName,
    message,
    ...(Object.keys(rawArguments).length === 0 ? {} : { rawArguments }),
    finishReason: choice.finish_reason,
    ...waitsOf(message, scope),
    ...(clampedBy === undefined ? {} : { clampedBy }),
    usage: exchange.usage,
    ...(rejection === undefined ? {} : { rejection }),
    ...aside.counted,
    ...(before.length === 0 ? {} : { steered: { before, after: [] } }),
    failedAttempts: exchange.failedAttempts,
    durationMs,
    ...stamp(scope),
  };
  return verdict === 'text' && rejection === undefined ? goingOn(fact, { plan, scope, before }) : fact;
}

/** Recorded, so that no agent that resumes the run can run a call unasked that this one asks for. */
function waitsOf({ tool_calls: calls = [] }: AssistantMessage, { policy }: Scope): Pick<ModelReplied, 'mayWait'> {
  const mayWait = calls.flatMap((call, index) => (policy.mayWait(callName(call)) ? [index] : []));
  return mayWait.length === 0 ? {} : { mayWait };
}

/** What the tools read otherwise than the model wrote it. */
function findRepairs({ tool_calls: calls = [] }: AssistantMessage, { definition }: Scope): readonly Mend[] {
  return calls.flatMap((call, index) => {
    const tool = definition.tools.get(callName(call));
    const repairs = tool === undefined ? [] : findArgumentRepairs(tool, call);
    return repairs.map(({ path, note }) => ({ path: `message.tool_calls[${index}].${path}`, note }));
  });
}

type Going = Pick<Replying, 'plan' | 'scope'> & { readonly before: readonly UserMessage[] };

/** What was said while the model answered goes on with the run; where its limits leave no turn, it begins another one. */
function goingOn(fact: ModelReplied, { plan, scope, before }: Going): ModelReplied {
  const after = scope.said().slice(before.length);
  if (after.length === 0) return fact;
  const state = [...(plan === undefined ? [] : [plan]), fact].reduce(apply, scope.known());
  if (!leavesTurn(state, scope.policy)) return fact;
  tellSteered(after, { turn: fact.turn, scope });
  return { ...fact, steered: { before, after } };
}
