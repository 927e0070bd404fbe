import { untilAborted } from '../base/abort.ts';
import { ConfigError, DurableError } from '../base/errors.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import { chosenNames, type ToolChoice, type ToolObject, toolObjectName } from '../chat/request.ts';
import { toErrorData } from '../event/error-data.ts';
import type { LimitRefused, ModelFailed, RunAborted, TurnPlanned } from '../event/fact.ts';
import { NO_USAGE } from '../event/usage.ts';
import type { CallModel } from '../loop/action.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { AbortRun } from '../tool/errors.ts';
import type { MiddlewareScope, TurnPlan } from './middleware.ts';
import { factStep, interrupted, type Scope, stamp } from './scope.ts';

/** What this turn asks, and of whom. */
export interface Planned {
  readonly model: ChatModel;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolObject[];
  readonly toolChoice: ToolChoice | undefined;
}

type PlanFact = TurnPlanned | ModelFailed | RunAborted | LimitRefused;

/** Lets middleware prepare the turn, as a step of its own; without such middleware there is nothing to remember. */
export async function planTurn(
  action: CallModel,
  scope: Scope,
): Promise<{ readonly fact: PlanFact | undefined; readonly planned: Planned | undefined }> {
  const { definition } = scope;
  const hooks = definition.middleware.filter(({ prepareTurn }) => prepareTurn !== undefined);
  const given: TurnPlan = {
    turn: action.turn,
    model: definition.model,
    messages: action.history.messages,
    tools: [...definition.tools.values()],
    toolChoice: definition.toolChoice,
  };
  if (hooks.length === 0) return { fact: undefined, planned: { ...given, tools: definition.toolObjects } };
  const work = (): Promise<PlanFact> => prepare(given, scope);
  const name = `plan:${action.turn}`;
  const fact = await scope.durable.step(factStep<PlanFact>(scope, { name, effect: 'read', work }));
  return { fact, planned: fact.type === 'turn.planned' ? planOf(fact, { given, scope }) : undefined };
}

async function prepare(given: TurnPlan, scope: Scope): Promise<PlanFact> {
  const { turn } = given;
  try {
    let plan = given;
    for (const { prepareTurn } of scope.definition.middleware) {
      plan = (await untilAborted(scope.signal, () => prepareTurn?.(plan, middlewareScope(scope, turn)))) ?? plan;
    }
    return {
      type: 'turn.planned',
      turn,
      model: known(plan, scope).name,
      tools: plan.tools.map(({ name }) => name),
      ...(plan.toolChoice === undefined ? {} : { toolChoice: plan.toolChoice }),
      ...(plan.messages === given.messages ? {} : { messages: History.from(plan.messages).messages }),
      ...stamp(scope),
    };
  } catch (error) {
    if (error instanceof DurableError) throw error;
    if (scope.signal.aborted) return interrupted(scope, { turn, reason: scope.signal.reason });
    if (error instanceof AbortRun) return interrupted(scope, { turn, reason: error });
    return {
      type: 'model.failed',
      turn,
      error: toErrorData(error),
      usage: NO_USAGE,
      failedAttempts: [],
      ...stamp(scope),
    };
  }
}

/** Only what the agent has can be found again after a restart. */
function known({ model, tools, toolChoice }: TurnPlan, { definition }: Scope): ChatModel {
  if (model !== definition.model && !definition.models.includes(model)) {
    throw new ConfigError(
      `prepareTurn chose model "${model.name}", which agent "${definition.name}" does not have. Add it to the agent's models.`,
    );
  }
  const stranger = tools.find(({ name }) => !definition.tools.has(name));
  if (stranger !== undefined) {
    throw new ConfigError(
      `prepareTurn added tool "${stranger.name}", which agent "${definition.name}" does not have. Add it to the agent's tools.`,
    );
  }
  const missing = chosenNames(toolChoice).find((name) => tools.every((tool) => tool.name !== name));
  if (missing === undefined) return model;
  throw new ConfigError(
    `prepareTurn left tool "${missing}" out, but toolChoice names it. Keep the tool, or change toolChoice as well.`,
  );
}

function planOf(fact: TurnPlanned, { given, scope }: { readonly given: TurnPlan; readonly scope: Scope }): Planned {
  const { model, models, toolObjects } = scope.definition;
  const chosen = new Set(fact.tools);
  return {
    model: models.find(({ name }) => name === fact.model) ?? model,
    messages: fact.messages ?? given.messages,
    tools: toolObjects.filter((object) => chosen.has(toolObjectName(object))),
    toolChoice: fact.toolChoice,
  };
}

export function middlewareScope({ context, runId, path, signal }: Scope, turn: number): MiddlewareScope<never> {
  return { context, runId, path, turn, signal };
}
