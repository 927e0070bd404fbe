import { untilAborted } from '../base/abort.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { Fact, ModelLost, ModelReplied } from '../event/fact.ts';
import { addUsage } from '../event/usage.ts';
import { discardedUsage } from '../limits/estimate.ts';
import type { CallModel } from '../loop/action.ts';
import { judge } from '../loop/judge.ts';
import { endsRun } from '../tool/errors.ts';
import { Aside } from './aside.ts';
import { Exchange } from './exchange.ts';
import type { ModelCall } from './middleware.ts';
import { middlewareScope, type Planned, planTurn } from './plan-turn.ts';
import { factStep, type Scope, stamp } from './scope.ts';
import { unanswered } from './unanswered.ts';

/** Asks the model for this turn: one durable step, with all its attempts inside. */
export async function callModel(action: CallModel, scope: Scope): Promise<readonly Fact[]> {
  const { fact: plan, planned } = await planTurn(action, scope);
  const before = plan === undefined ? [] : [plan];
  if (planned === undefined) return before;
  const exchange = new Exchange(scope, { turn: action.turn, model: planned.model });
  const aside = new Aside(scope, action.turn);
  try {
    return [...before, ...(await askedUntilAnswered(planned, { action, scope, exchange, aside }))];
  } finally {
    // Only now: what was used is charged when the fact is told, and there must be no gap between the two.
    exchange.end();
    aside.end();
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

function lost(planned: Planned, { action, scope }: Requesting): ModelLost {
  const { name, price } = planned.model;
  const usage = discardedUsage({ request: requestOf(planned, { action, scope }), price });
  return { type: 'model.lost', turn: action.turn, model: name, usage, ...stamp(scope) };
}

interface Requesting {
  readonly action: CallModel;
  readonly scope: Scope;
}

interface Asking extends Requesting {
  readonly exchange: Exchange;
  readonly aside: Aside;
}

async function ask(planned: Planned, asking: Asking): Promise<Fact> {
  const { action, scope, exchange, aside } = asking;
  const startedAt = scope.clock.now();
  try {
    const request = requestOf(planned, { action, scope });
    const reply = await untilAborted(scope.signal, () => wrapped(asking)(request));
    const fact = replied(reply, { ...asking, planned, durationMs: scope.clock.now() - startedAt });
    scope.signal.throwIfAborted(); // Whoever heard of the text may have ended the run.
    return fact;
  } catch (error) {
    const { failedAttempts } = exchange;
    const usage = addUsage(
      endsRun(error) || scope.signal.aborted ? exchange.usageGivenUp : exchange.usage,
      aside.usage,
    );
    return unanswered(error, { turn: action.turn, scope, usage, failedAttempts });
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
function wrapped({ action: { turn }, scope, exchange, aside }: Asking): ModelCall {
  const inner: ModelCall = (request) => exchange.call(request);
  return scope.definition.middleware.reduceRight<ModelCall>((next, { model }) => {
    return model === undefined ? next : (request) => model(request, next, middlewareScope(scope, { turn, aside }));
  }, inner);
}

interface Replying extends Asking {
  readonly planned: Planned;
  readonly durationMs: number;
}

function replied(reply: ChatReply, { action, scope, exchange, aside, planned, durationMs }: Replying): ModelReplied {
  const { turn } = action;
  const [choice] = reply.choices;
  const { message, rawArguments, mends } = planned.history.admit(choice.message);
  exchange.tellWhole(reply);
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
    ...aside.counted,
    failedAttempts: exchange.failedAttempts,
    durationMs,
    ...stamp(scope),
  };
}
