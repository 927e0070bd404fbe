import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import { isJson, isRecord } from '../base/json.ts';
import { History } from '../chat/history.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import { getToolObjectName, listChosenNames, type ToolChoice, type ToolObject } from '../chat/request.ts';
import type {
  LimitExceededEvent,
  ModelFailedEvent,
  RunAbortedEvent,
  RunRefusedEvent,
  TurnPreparedEvent,
} from '../event/journal-event.ts';
import { formatTurnStep } from '../event/step-name.ts';
import { estimatePrompt } from '../limits/estimate.ts';
import type { CallModel } from '../loop/action.ts';
import { editsBetween, planned } from '../loop/edits.ts';
import { seenHistory } from '../loop/view.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { Definition } from './definition.ts';
import type { TurnPlan } from './middleware.ts';
import { MiddlewareRequests, middlewareScope } from './middleware-scope.ts';
import type { Scope } from './scope.ts';
import { factStep, stamp, toFailure } from './step.ts';

/** What this turn asks, and of whom. */
export interface PlannedTurn {
  readonly model: ChatModel;
  /** What the response will be appended to. */
  readonly history: History;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolObject[];
  readonly toolChoice: ToolChoice | undefined;
}

type PlanFact = TurnPreparedEvent | ModelFailedEvent | RunAbortedEvent | RunRefusedEvent | LimitExceededEvent;

/** Lets middleware prepare the turn, as a step of its own; without such middleware there is nothing to record. */
export function planTurn(action: CallModel, scope: Scope): TurnPlanning | Promise<TurnPlanning> {
  const { model, middleware, toolObjects: tools, toolChoice } = scope.definition;
  if (middleware.some(({ prepareTurn }) => prepareTurn !== undefined)) return planByMiddleware(action, scope);
  const { history } = action;
  return { fact: undefined, planned: { model, history, messages: history.messages, tools, toolChoice } };
}

interface TurnPlanning {
  readonly fact: PlanFact | undefined;
  readonly planned: PlannedTurn | undefined;
}

async function planByMiddleware(action: CallModel, scope: Scope): Promise<TurnPlanning> {
  const requests = new MiddlewareRequests(scope, action.turn);
  const work = (): Promise<PlanFact> => prepareTurn(action, { scope, requests });
  const name = formatTurnStep('prepare', action.turn);
  const fact = await scope.stepRunner.step(factStep<PlanFact>(scope, { name, effect: 'read', work }));
  requests.end(); // The event has charged what was used, as for the request itself.
  return { fact, planned: fact.type === 'turn.prepared' ? readPlan(fact, scope) : undefined };
}

/** What the user has said meanwhile is part of the plan, so that middleware sees it before the model does. */
async function prepareTurn(
  action: CallModel,
  { scope, requests }: { readonly scope: Scope; readonly requests: MiddlewareRequests },
): Promise<PlanFact> {
  const { turn } = action;
  const within = middlewareScope(scope, { turn, requests });
  try {
    const steered = scope.said();
    emitSteering(steered, { turn, scope });
    const given = startPlan([...action.history.messages, ...steered], { turn, scope });
    let plan = given;
    let kept = given.messages;
    let counted = findCountedTools(scope);
    for (const { prepareTurn } of scope.definition.middleware) {
      const { tools } = plan;
      plan = (await runUntilCancelled(scope.cancellation, () => prepareTurn?.(plan, within))) ?? plan;
      if (plan.tools !== tools) {
        const now = plan.tools.map(({ name }) => name);
        const inputTokens = plan.estimatedInputTokens + estimateTools(now, scope) - estimateTools(counted, scope);
        plan = { ...plan, estimatedInputTokens: inputTokens };
        counted = now;
      }
      if (plan.replaceHistory !== true) continue;
      kept = History.from(plan.messages).messages;
      plan = { ...plan, messages: kept, replaceHistory: false };
    }
    const edits = kept === given.messages ? [] : editsBetween(given.messages, kept);
    return {
      type: 'turn.prepared',
      turn,
      model: checkPlan(plan, scope).name,
      tools: plan.tools.map(({ name }) => name),
      ...(plan.toolChoice === undefined ? {} : { toolChoice: plan.toolChoice }),
      ...(plan.messages === kept ? {} : { messages: History.from(plan.messages).messages }),
      ...(steered.length === 0 ? {} : { steeringMessages: steered }),
      ...findChangedMemory(plan, given),
      ...(edits.length === 0 ? {} : { edits }),
      ...requests.counted,
      ...stamp(scope),
    };
  } catch (error) {
    return toFailure(error, { turn, scope, usage: requests.usage, failedAttempts: [] });
  }
}

/** @throws ConfigError for what a resumed run would not have again. */
function findChangedMemory({ memory }: TurnPlan, given: TurnPlan): Pick<TurnPreparedEvent, 'memory'> {
  if (memory === undefined || memory === given.memory) return {};
  if (isRecord(memory) && isJson(memory)) return { memory };
  throw new ConfigError(
    'prepareTurn gave a memory that is no JSON object. Keep texts, numbers, lists and plain objects in it.',
  );
}

function startPlan(
  messages: readonly Message[],
  { turn, scope }: { readonly turn: number; readonly scope: Scope },
): TurnPlan {
  const { model, tools, toolChoice } = scope.definition;
  return {
    turn,
    model,
    messages,
    estimatedInputTokens: estimateRequest(messages, scope),
    tools: [...tools.values()],
    toolChoice,
    memory: scope.known().memory,
  };
}

function estimateRequest(messages: readonly Message[], { known, instructions, definition }: Scope): number {
  const { counted } = known();
  if (counted !== undefined) return counted.tokens + estimatePrompt({ messages: messages.slice(counted.messages) });
  const all = instructions === undefined ? messages : [instructions, ...messages];
  return estimatePrompt({ messages: all, tools: definition.toolObjects });
}

/** The tools that are in that number: those of the turn before where a server has counted, otherwise all. */
function findCountedTools({ known, definition }: Scope): readonly string[] {
  const { counted, tools } = known();
  return (counted && tools) ?? [...definition.tools.keys()];
}

function estimateTools(names: readonly string[], { definition }: Scope): number {
  return estimatePrompt({ messages: [], tools: chooseTools(names, definition) });
}

/** Only what the agent has can be found again after a restart. */
function checkPlan({ model, tools, toolChoice }: TurnPlan, { definition }: Scope): ChatModel {
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
  const missing = listChosenNames(toolChoice).find((name) => tools.every((tool) => tool.name !== name));
  if (missing === undefined) return model;
  throw new ConfigError(
    `prepareTurn left tool "${missing}" out, but toolChoice names it. Keep the tool, or change toolChoice as well.`,
  );
}

function readPlan(fact: TurnPreparedEvent, { definition, known }: Scope): PlannedTurn {
  const { model, models } = definition;
  const history = seenHistory(planned(known(), fact));
  return {
    model: models.find(({ name }) => name === fact.model) ?? model,
    history,
    messages: fact.messages ?? history.messages,
    tools: chooseTools(fact.tools, definition),
    toolChoice: fact.toolChoice,
  };
}

/** In the order chosen. All of the agent's tools are given as the agent's own list, whose JSON is made already. */
function chooseTools(names: readonly string[], { toolObjects }: Definition): readonly ToolObject[] {
  const byName = new Map(toolObjects.map((object) => [getToolObjectName(object), object]));
  const chosen = [...new Set(names)].flatMap((name) => byName.get(name) ?? []);
  const isWhole = chosen.length === toolObjects.length && chosen.every((object, at) => object === toolObjects[at]);
  return isWhole ? toolObjects : chosen;
}

/** Reports what the user has said while the run was at work, as the run takes it in. */
export function emitSteering(
  messages: readonly UserMessage[],
  { turn, scope }: { readonly turn: number; readonly scope: Scope },
): void {
  for (const message of messages) void scope.tell.notice({ type: 'user.steering', turn, message }); // No piece of a response.
}
