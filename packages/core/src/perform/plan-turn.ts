import { untilAborted } from '../base/abort.ts';
import { ConfigError } from '../base/errors.ts';
import { isJson, isRecord } from '../base/json.ts';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import { chosenNames, type ToolChoice, type ToolObject, toolObjectName } from '../chat/request.ts';
import type { LimitRefused, ModelFailed, RunAborted, RunRefused, TurnPlanned } from '../event/fact.ts';
import { estimatePrompt } from '../limits/estimate.ts';
import type { CallModel } from '../loop/action.ts';
import { editsBetween, planned } from '../loop/edits.ts';
import { seenHistory } from '../loop/view.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { Aside } from './aside.ts';
import type { MiddlewareScope, TurnPlan } from './middleware.ts';
import { type Definition, factStep, type Scope, stamp } from './scope.ts';
import { tellSteered } from './steered.ts';
import { unanswered } from './unanswered.ts';

/** What this turn asks, and of whom. */
export interface Planned {
  readonly model: ChatModel;
  /** What the reply will be appended to. */
  readonly history: History;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolObject[];
  readonly toolChoice: ToolChoice | undefined;
}

type PlanFact = TurnPlanned | ModelFailed | RunAborted | RunRefused | LimitRefused;

/** Lets middleware prepare the turn, as a step of its own; without such middleware there is nothing to remember. */
export function planTurn(action: CallModel, scope: Scope): Plan | Promise<Plan> {
  const { model, middleware, toolObjects: tools, toolChoice } = scope.definition;
  if (middleware.some(({ prepareTurn }) => prepareTurn !== undefined)) return planByMiddleware(action, scope);
  const { history } = action;
  return { fact: undefined, planned: { model, history, messages: history.messages, tools, toolChoice } };
}

interface Plan {
  readonly fact: PlanFact | undefined;
  readonly planned: Planned | undefined;
}

async function planByMiddleware(action: CallModel, scope: Scope): Promise<Plan> {
  const aside = new Aside(scope, action.turn);
  const work = (): Promise<PlanFact> => prepare(action, { scope, aside });
  const name = `plan:${action.turn}`;
  const fact = await scope.durable.step(factStep<PlanFact>(scope, { name, effect: 'read', work }));
  aside.end(); // Only now: as for the request itself.
  return { fact, planned: fact.type === 'turn.planned' ? planOf(fact, scope) : undefined };
}

interface Preparing {
  readonly scope: Scope;
  readonly aside: Aside;
}

/** What the user has said meanwhile is part of it, so that middleware sees it before the model does. */
async function prepare(action: CallModel, { scope, aside }: Preparing): Promise<PlanFact> {
  const { turn } = action;
  const within = middlewareScope(scope, { turn, aside });
  try {
    const steered = scope.said();
    tellSteered(steered, { turn, scope });
    const given = givenPlan([...action.history.messages, ...steered], { turn, scope });
    let plan = given;
    let kept = given.messages;
    let counted = countedTools(scope);
    for (const { prepareTurn } of scope.definition.middleware) {
      const { tools } = plan;
      plan = (await untilAborted(scope.signal, () => prepareTurn?.(plan, within))) ?? plan;
      if (plan.tools !== tools) {
        const now = plan.tools.map(({ name }) => name);
        const promptTokens = plan.promptTokens + toolTokens(now, scope) - toolTokens(counted, scope);
        plan = { ...plan, promptTokens };
        counted = now;
      }
      if (plan.keepsMessages !== true) continue;
      kept = History.from(plan.messages).messages;
      plan = { ...plan, messages: kept, keepsMessages: false };
    }
    const edits = kept === given.messages ? [] : editsBetween(given.messages, kept);
    return {
      type: 'turn.planned',
      turn,
      model: known(plan, scope).name,
      tools: plan.tools.map(({ name }) => name),
      ...(plan.toolChoice === undefined ? {} : { toolChoice: plan.toolChoice }),
      ...(plan.messages === kept ? {} : { messages: History.from(plan.messages).messages }),
      ...(steered.length === 0 ? {} : { steered }),
      ...changedMemory(plan, given),
      ...(edits.length === 0 ? {} : { edits }),
      ...aside.counted,
      ...stamp(scope),
    };
  } catch (error) {
    return unanswered(error, { turn, scope, usage: aside.usage, failedAttempts: [] });
  }
}

/** @throws ConfigError for what a resumed run would not have again. */
function changedMemory({ memory }: TurnPlan, given: TurnPlan): Pick<TurnPlanned, 'memory'> {
  if (memory === undefined || memory === given.memory) return {};
  if (isRecord(memory) && isJson(memory)) return { memory };
  throw new ConfigError(
    'prepareTurn gave a memory that is no JSON object. Keep texts, numbers, lists and plain objects in it.',
  );
}

function givenPlan(
  messages: readonly Message[],
  { turn, scope }: { readonly turn: number; readonly scope: Scope },
): TurnPlan {
  const { model, tools, toolChoice } = scope.definition;
  return {
    turn,
    model,
    messages,
    promptTokens: promptTokens(messages, scope),
    tools: [...tools.values()],
    toolChoice,
    memory: scope.known().memory,
  };
}

function promptTokens(messages: readonly Message[], { known, instructions, definition }: Scope): number {
  const { counted } = known();
  if (counted !== undefined) return counted.tokens + estimatePrompt({ messages: messages.slice(counted.messages) });
  const all = instructions === undefined ? messages : [instructions, ...messages];
  return estimatePrompt({ messages: all, tools: definition.toolObjects });
}

/** The tools that are in that number: those of the turn before where a server has counted, otherwise all. */
function countedTools({ known, definition }: Scope): readonly string[] {
  const { counted, tools } = known();
  return (counted && tools) ?? [...definition.tools.keys()];
}

function toolTokens(names: readonly string[], { definition }: Scope): number {
  return estimatePrompt({ messages: [], tools: chosenTools(names, definition) });
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

function planOf(fact: TurnPlanned, { definition, known }: Scope): Planned {
  const { model, models } = definition;
  const history = seenHistory(planned(known(), fact));
  return {
    model: models.find(({ name }) => name === fact.model) ?? model,
    history,
    messages: fact.messages ?? history.messages,
    tools: chosenTools(fact.tools, definition),
    toolChoice: fact.toolChoice,
  };
}

/** In the order chosen. Where that is the agent's own, its list: the JSON of that is made already. */
function chosenTools(names: readonly string[], { toolObjects }: Definition): readonly ToolObject[] {
  const byName = new Map(toolObjects.map((object) => [toolObjectName(object), object]));
  const chosen = [...new Set(names)].flatMap((name) => byName.get(name) ?? []);
  const isWhole = chosen.length === toolObjects.length && chosen.every((object, at) => object === toolObjects[at]);
  return isWhole ? toolObjects : chosen;
}

interface Within {
  readonly turn: number;
  readonly aside: Aside;
  /** @defaultValue the agent's */
  readonly model?: ChatModel;
}

export function middlewareScope(
  { context, runId, path, signal, clock, known, definition }: Scope,
  { turn, aside, model = definition.model }: Within,
): MiddlewareScope<never> {
  const ask: MiddlewareScope['ask'] = (asked, request) => aside.ask(asked, request);
  const { earlier, view } = known();
  const replaced = view === undefined ? earlier : [...earlier, ...view.hidden];
  return { context, runId, path, turn, model, signal, clock, earlier: replaced, ask };
}
