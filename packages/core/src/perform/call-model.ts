import { untilAborted } from '../base/abort.ts';
import { DurableError } from '../base/errors.ts';
import { textOf } from '../chat/message.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import { toErrorData } from '../event/error-data.ts';
import type { Fact, ModelLost, ModelReplied } from '../event/fact.ts';
import { discardedUsage } from '../limits/estimate.ts';
import type { CallModel } from '../loop/action.ts';
import { judge } from '../loop/judge.ts';
import { AbortRun } from '../tool/errors.ts';
import { Exchange, RequestRefused } from './exchange.ts';
import type { ModelCall } from './middleware.ts';
import { middlewareScope, type Planned, planTurn } from './plan-turn.ts';
import { factStep, interrupted, type Scope, stamp } from './scope.ts';

/** Asks the model for this turn: one durable step, with all its attempts inside. */
export async function callModel(action: CallModel, scope: Scope): Promise<readonly Fact[]> {
  const { fact: plan, planned } = await planTurn(action, scope);
  const before = plan === undefined ? [] : [plan];
  if (planned === undefined) return before;
  const exchange = new Exchange(scope, { turn: action.turn, model: planned.model });
  try {
    return [...before, ...(await askedUntilAnswered(planned, { action, scope, exchange }))];
  } finally {
    // Only now: what was used is charged when the fact is told, and there must be no gap between the two.
    exchange.end();
  }
}

/** Under a cost limit an intent to request is kept: one that a crash cut off is charged, and made again as a step of its own. */
async function askedUntilAnswered(planned: Planned, asking: Asking): Promise<readonly Fact[]> {
  const { action, scope } = asking;
  const work = (): Promise<Fact> => ask(planned, asking);
  const facts: Fact[] = [];
  for (let name = `model:${action.turn}`; ; name = `model:${action.turn}:${facts.length}`) {
    const how = scope.budget.isPaid
      ? { effect: 'once' as const, inDoubt: () => lost(planned, asking) }
      : { effect: 'read' as const };
    const fact = await scope.durable.step(factStep<Fact>(scope, { name, work, ...how }));
    facts.push(fact);
    if (fact.type !== 'model.lost') return facts;
  }
}

function lost(planned: Planned, { action, scope }: Asking): ModelLost {
  const { name, price } = planned.model;
  const usage = discardedUsage({ request: requestOf(planned, { action, scope }), price });
  return { type: 'model.lost', turn: action.turn, model: name, usage, ...stamp(scope) };
}

interface Asking {
  readonly action: CallModel;
  readonly scope: Scope;
  readonly exchange: Exchange;
}

async function ask(planned: Planned, { action, scope, exchange }: Asking): Promise<Fact> {
  const { turn } = action;
  const startedAt = scope.clock.now();
  try {
    const request = requestOf(planned, { action, scope });
    const reply = await untilAborted(scope.signal, () => wrapped(exchange, { turn, scope })(request));
    return replied(reply, { action, scope, exchange, durationMs: scope.clock.now() - startedAt });
  } catch (error) {
    return unanswered(error, { turn, scope, exchange });
  }
}

function requestOf({ messages, tools, toolChoice }: Planned, { action, scope }: Omit<Asking, 'exchange'>): ChatRequest {
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
function wrapped(exchange: Exchange, { turn, scope }: { readonly turn: number; readonly scope: Scope }): ModelCall {
  const inner: ModelCall = (request) => exchange.call(request);
  return scope.definition.middleware.reduceRight<ModelCall>((next, { model }) => {
    return model === undefined ? next : (request) => model(request, next, middlewareScope(scope, turn));
  }, inner);
}

interface Replying extends Asking {
  readonly durationMs: number;
}

function replied(reply: ChatReply, { action, scope, exchange, durationMs }: Replying): ModelReplied {
  const { turn, history } = action;
  const [choice] = reply.choices;
  const { message, rawArguments, mends } = history.admit(choice.message);
  exchange.tellWhole(textOf(message));
  if (mends.length > 0) exchange.tellMended(mends);
  const verdict = judge(message, choice.finish_reason);
  if (verdict === 'cut' || verdict === 'empty') exchange.tellDiscarded();
  return {
    type: 'model.replied',
    turn,
    model: exchange.modelName,
    message,
    ...(Object.keys(rawArguments).length === 0 ? {} : { rawArguments }),
    finishReason: choice.finish_reason,
    ...(exchange.clampedBy === undefined ? {} : { clampedBy: exchange.clampedBy }),
    usage: exchange.usage,
    failedAttempts: exchange.failedAttempts,
    durationMs,
    ...stamp(scope),
  };
}

interface Unanswered {
  readonly turn: number;
  readonly scope: Scope;
  readonly exchange: Exchange;
}

function unanswered(error: unknown, { turn, scope, exchange }: Unanswered): Fact {
  if (error instanceof DurableError) throw error;
  const { usage, failedAttempts } = exchange;
  if (error instanceof RequestRefused) {
    const { limit, max, spent } = error.refusal;
    return { type: 'limit.refused', turn, limit, max, spent, usage, ...stamp(scope) };
  }
  if (scope.signal.aborted) return interrupted(scope, { turn, reason: scope.signal.reason });
  if (error instanceof AbortRun) return interrupted(scope, { turn, reason: error });
  return { type: 'model.failed', turn, error: toErrorData(error), usage, failedAttempts, ...stamp(scope) };
}
