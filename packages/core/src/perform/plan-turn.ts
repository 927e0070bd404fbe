import { runUntilCancelled } from '../base/cancellation.ts';
import { copyJson } from '../base/copy-json.ts';
import { ConfigError } from '../base/errors.ts';
import { isJson, isRecord } from '../base/json.ts';
import { History } from '../chat/history.ts';
import type { Message, SystemMessage, UserMessage } from '../chat/message.ts';
import {
  type ChatSettings,
  getToolObjectName,
  listChosenNames,
  type ToolChoice,
  type ToolObject,
} from '../chat/request.ts';
import { readSettings } from '../chat/setting-options.ts';
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
import { applyPlan, findEdits } from '../loop/find-edits.ts';
import { getVisibleHistory } from '../loop/visible-history.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { Definition } from './definition.ts';
import type { TurnPlan } from './middleware.ts';
import { createMiddlewareScope, finishRuns, MiddlewareRequests } from './middleware-scope.ts';
import { withReplayedRuns } from './replay-runs.ts';
import type { Scope } from './scope.ts';
import { createEventStep, stamp, toFailure } from './step.ts';

/** The request of this turn. */
export interface PlannedTurn {
  readonly model: ChatModel;
  /** The history that the response is appended to. */
  readonly history: History;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolObject[];
  readonly toolChoice: ToolChoice | undefined;
  readonly settings: ChatSettings;
  readonly instructions: SystemMessage | undefined;
}

type PlanEvent = TurnPreparedEvent | ModelFailedEvent | RunAbortedEvent | RunRefusedEvent | LimitExceededEvent;

/** Lets middleware prepare the turn in a step of its own. Without such middleware no step is recorded. */
export function planTurn(action: CallModel, scope: Scope): PlanResult | Promise<PlanResult> {
  const { definition, settings, instructions } = scope;
  const { model, middleware, toolObjects: tools } = definition;
  if (middleware.some(({ prepareTurn }) => prepareTurn !== undefined)) return planByMiddleware(action, scope);
  const { history } = action;
  const toolChoice = getToolChoice(scope);
  const planned = { model, history, messages: history.messages, tools, toolChoice, settings, instructions };
  return { event: undefined, planned };
}

function getToolChoice({ definition, getState }: Scope): ToolChoice | undefined {
  return getState().hasCalled ? definition.toolChoice : definition.firstToolChoice;
}

interface PlanResult {
  readonly event: PlanEvent | undefined;
  readonly planned: PlannedTurn | undefined;
}

async function planByMiddleware(action: CallModel, scope: Scope): Promise<PlanResult> {
  const requests = new MiddlewareRequests(scope, action.turn);
  const work = (): Promise<PlanEvent> => finishRuns(() => prepareTurn(action, { scope, requests }), requests);
  const name = formatTurnStep('prepare', action.turn);
  const step = createEventStep<PlanEvent>(scope, { name, effect: 'read', work });
  const event = await scope.stepRunner.step(withReplayedRuns(step, { scope, segment: name }));
  requests.end(); // The event has charged the usage.
  return { event, planned: event.type === 'turn.prepared' ? readPlan(event, scope) : undefined };
}

/** Runs the middleware. The plan includes steering messages, so middleware sees them before the model does. */
async function prepareTurn(
  action: CallModel,
  { scope, requests }: { readonly scope: Scope; readonly requests: MiddlewareRequests },
): Promise<PlanEvent> {
  const { turn } = action;
  const middlewareScope = createMiddlewareScope(scope, { turn, requests, segment: formatTurnStep('prepare', turn) });
  try {
    const steeringMessages = scope.getSteering();
    emitSteering(steeringMessages, { turn, scope });
    const given = startPlan([...action.history.messages, ...steeringMessages], { turn, scope });
    let plan = given;
    let kept = given.messages;
    let countedPrefix = findCountedTools(scope);
    for (const { prepareTurn } of scope.definition.middleware) {
      const { tools } = plan;
      plan = (await runUntilCancelled(scope.cancellation, () => prepareTurn?.(plan, middlewareScope))) ?? plan;
      if (plan.tools !== tools) {
        const now = plan.tools.map(({ name }) => name);
        const inputTokens = plan.estimatedInputTokens + estimateTools(now, scope) - estimateTools(countedPrefix, scope);
        plan = { ...plan, estimatedInputTokens: inputTokens };
        countedPrefix = now;
      }
      if (plan.replaceHistory !== true) continue;
      kept = History.from(plan.messages).messages;
      plan = { ...plan, messages: kept, replaceHistory: false };
    }
    const edits = kept === given.messages ? [] : findEdits(given.messages, kept);
    return {
      type: 'turn.prepared',
      turn,
      model: checkPlan(plan, scope).name,
      tools: plan.tools.map(({ name }) => name),
      ...(plan.toolChoice === undefined ? {} : { toolChoice: plan.toolChoice }),
      ...findChangedSettings(plan, given),
      ...findChangedInstructions(plan, given),
      ...(plan.messages === kept ? {} : { messages: History.from(plan.messages).messages }),
      ...(steeringMessages.length === 0 ? {} : { steeringMessages }),
      ...findChangedMemory(plan, given),
      ...(edits.length === 0 ? {} : { edits }),
      ...requests.usageFields,
      ...stamp(scope),
    };
  } catch (error) {
    return toFailure(error, { turn, scope, usage: requests.usage, failedAttempts: [] });
  }
}

/** @throws ConfigError for settings that a request does not have, or that cannot be stored */
function findChangedSettings(
  { modelSettings }: TurnPlan,
  { modelSettings: given }: TurnPlan,
): Pick<TurnPreparedEvent, 'modelSettings'> {
  if (modelSettings === given) return {};
  const checked = readSettings(modelSettings, 'prepareTurn, modelSettings');
  const { response_format: format, ...settings } = checked;
  const changed = format === undefined || format === given.response_format ? settings : checked;
  return {
    modelSettings: copyJson(changed, { where: 'prepareTurn', name: 'modelSettings', ignoresUndefined: true }),
  };
}

/** @throws ConfigError for instructions that are not a text */
function findChangedInstructions(
  { instructions }: TurnPlan,
  { instructions: given }: TurnPlan,
): Pick<TurnPreparedEvent, 'instructions'> {
  if (instructions === given) return {};
  if (instructions === undefined || instructions === null) return { instructions: null };
  if (typeof instructions === 'string') return { instructions: instructions.trim() === '' ? null : instructions };
  throw new ConfigError(`prepareTurn returned instructions of type ${typeof instructions}. Return a string.`);
}

/** @throws ConfigError for memory that a resumed run could not restore. */
function findChangedMemory({ memory }: TurnPlan, given: TurnPlan): Pick<TurnPreparedEvent, 'memory'> {
  if (memory === undefined || memory === given.memory) return {};
  if (isRecord(memory) && isJson(memory)) return { memory };
  throw new ConfigError(
    'prepareTurn returned a memory that is not a JSON object. Use only texts, numbers, booleans, null, lists and plain objects.',
  );
}

function startPlan(
  messages: readonly Message[],
  { turn, scope }: { readonly turn: number; readonly scope: Scope },
): TurnPlan {
  const { definition, settings, instructions } = scope;
  const { model, tools } = definition;
  return {
    turn,
    model,
    modelSettings: settings,
    instructions: instructions?.content,
    messages,
    estimatedInputTokens: estimateRequest(messages, scope),
    tools: [...tools.values()],
    toolChoice: getToolChoice(scope),
    memory: scope.getState().memory,
  };
}

function estimateRequest(messages: readonly Message[], { getState, instructions, definition }: Scope): number {
  const { countedPrefix } = getState();
  if (countedPrefix !== undefined)
    return countedPrefix.tokens + estimatePrompt({ messages: messages.slice(countedPrefix.messages) });
  const all = instructions === undefined ? messages : [instructions, ...messages];
  return estimatePrompt({ messages: all, tools: definition.toolObjects });
}

/** Returns the tools that the estimate contains: those of the last turn if a server has counted it, otherwise all. */
function findCountedTools({ getState, definition }: Scope): readonly string[] {
  const { countedPrefix, tools } = getState();
  return (countedPrefix && tools) ?? [...definition.tools.keys()];
}

function estimateTools(names: readonly string[], { definition }: Scope): number {
  return estimatePrompt({ messages: [], tools: chooseTools(names, definition) });
}

/** A resumed run finds models and tools by name, so the agent must have them. */
function checkPlan({ model, tools, toolChoice }: TurnPlan, { definition }: Scope): ChatModel {
  if (model !== definition.model && !definition.models.includes(model)) {
    throw new ConfigError(
      `prepareTurn chose model "${model.name}", which agent "${definition.name}" does not have. Add it to the agent's models.`,
    );
  }
  const unknownTool = tools.find(({ name }) => !definition.tools.has(name));
  if (unknownTool !== undefined) {
    throw new ConfigError(
      `prepareTurn added tool "${unknownTool.name}", which agent "${definition.name}" does not have. Add it to the agent's tools.`,
    );
  }
  const missing = listChosenNames(toolChoice).find((name) => tools.every((tool) => tool.name !== name));
  if (missing === undefined) return model;
  throw new ConfigError(
    `prepareTurn removed tool "${missing}", but toolChoice names it. Keep the tool, or change toolChoice too.`,
  );
}

function readPlan(event: TurnPreparedEvent, scope: Scope): PlannedTurn {
  const { definition, getState } = scope;
  const { model, models } = definition;
  const history = getVisibleHistory(applyPlan(getState(), event));
  return {
    model: models.find(({ name }) => name === event.model) ?? model,
    history,
    messages: event.messages ?? history.messages,
    tools: chooseTools(event.tools, definition),
    toolChoice: event.toolChoice,
    settings: readPlannedSettings(event, scope),
    instructions: readPlannedInstructions(event, scope),
  };
}

function readPlannedSettings({ modelSettings }: TurnPreparedEvent, { settings }: Scope): ChatSettings {
  if (modelSettings === undefined) return settings;
  const { response_format: format } = settings;
  return { ...(format !== undefined && { response_format: format }), ...modelSettings };
}

function readPlannedInstructions(
  { instructions: content }: TurnPreparedEvent,
  { instructions }: Scope,
): SystemMessage | undefined {
  if (content === undefined) return instructions;
  return content === null ? undefined : { role: 'system', content };
}

/** Returns the tools in the selected order. If all are selected in their order, returns the agent's own list, whose JSON exists already. */
function chooseTools(names: readonly string[], { toolObjects }: Definition): readonly ToolObject[] {
  const byName = new Map(toolObjects.map((object) => [getToolObjectName(object), object]));
  const chosen = [...new Set(names)].flatMap((name) => byName.get(name) ?? []);
  const isWhole = chosen.length === toolObjects.length && chosen.every((object, at) => object === toolObjects[at]);
  return isWhole ? toolObjects : chosen;
}

/** Emits an event for each steering message when the run takes it. */
export function emitSteering(
  messages: readonly UserMessage[],
  { turn, scope }: { readonly turn: number; readonly scope: Scope },
): void {
  for (const message of messages) void scope.events.emitLiveEvent({ type: 'user.steering', turn, message }); // This event needs no backpressure.
}
