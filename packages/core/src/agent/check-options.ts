import { copyJson } from '../base/copy-json.ts';
import { ConfigError } from '../base/errors.ts';
import { isPlainObject, isRecord } from '../base/json.ts';
import { checkOptions, describeValue } from '../base/options.ts';
import { checkOwn } from '../base/package-copy.ts';
import { findClosest } from '../base/text.ts';
import type { ToolChoice } from '../chat/request.ts';
import { checkSingleChoice } from '../chat/setting-options.ts';
import { checkListeners } from '../event/check-listeners.ts';
import { checkStorableText } from '../host/check-storable-text.ts';
import { copyMetadata } from '../host/copy-metadata.ts';
import { resolveLimits } from '../limits/limits.ts';
import type { StopCondition } from '../loop/stop-condition.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { checkWireLog } from '../model/wire-log.ts';
import { checkInstrumentation } from '../perform/instrumentation.ts';
import type { Middleware } from '../perform/middleware.ts';
import { checkToolNumbers, isTool, type Tool } from '../tool/tool.ts';
import type { AgentBasics, AgentOptions, ContinueOptions, ResumeOptions, RunOptions } from './agent-options.ts';
import { AGENT, CONTINUE, RESUME, RUN, TURN_INSTRUCTIONS } from './option-tables.ts';

/** Checks the options of a run. Copies those of a class instance to a plain object. @throws ConfigError */
export function readRunOptions<Options extends RunOptions>(options: Options, agent: string): Options {
  const checked = checkOptions(options, RUN, `Agent "${agent}", run`);
  checkSharedOptions(checked, agent);
  return readStoredOptions(checked, `Agent "${agent}", run`);
}

/** Requires a host: a run can be resumed only on the host on which it was started. */
export function readResumeOptions<Options extends ResumeOptions>(options: Options, agent: string): Options {
  if (!isRecord(options)) throw createMissingHostError(agent);
  const checked = checkOptions<Options>(options, RESUME, `Agent "${agent}", resume`);
  checkSharedOptions(checked, agent);
  if (checked.host !== undefined && checked.host !== null) return checked;
  throw createMissingHostError(agent);
}

function createMissingHostError(agent: string): ConfigError {
  return new ConfigError(`Agent "${agent}": resume needs the host that the run was started on. Pass { host }.`);
}

/** Checks values that JavaScript code may get wrong, and that would otherwise fail later and elsewhere. */
function checkSharedOptions(
  { signal, host, conversation, modelSettings, instrumentation, wireLog }: RunOptions | ResumeOptions,
  agent: string,
): void {
  if (signal !== undefined && signal !== null && !hasMethod(signal, 'addEventListener')) {
    throw new ConfigError(
      `Agent "${agent}": signal is ${describeValue(signal)}, which is not an AbortSignal. Pass controller.signal, not the controller.`,
    );
  }
  if (conversation !== undefined && (!hasMethod(conversation, 'getMessages') || !hasMethod(conversation, 'append'))) {
    throw new ConfigError(
      `Agent "${agent}": conversation is ${describeValue(conversation)}, which is not a conversation. Pass conversation({ id, store }).`,
    );
  }
  if (modelSettings !== undefined) checkSingleChoice(modelSettings, `Agent "${agent}": modelSettings`);
  checkInstrumentation(instrumentation, `Agent "${agent}"`);
  checkWireLog(wireLog, `Agent "${agent}"`);
  if (host === undefined || host === null || (hasMethod(host, 'start') && hasMethod(host, 'claim'))) return;
  throw new ConfigError(
    `Agent "${agent}": host is ${describeValue(host)}, which is not a host. Pass memoryHost() or another Host.`,
  );
}

/** Requires a host and a conversation: the open run is looked up by both. */
export function readContinueOptions<Options extends ContinueOptions>(options: Options, agent: string): Options {
  for (const option of ['host', 'conversation'] as const) {
    if (isRecord(options) && options[option] !== undefined && options[option] !== null) continue;
    throw new ConfigError(
      `Agent "${agent}": continueConversation has no ${option}. Pass { host, conversation: conversation({ id, store }) }.`,
    );
  }
  const where = `Agent "${agent}", continueConversation`;
  const checked = checkOptions<Options>(options, CONTINUE, where);
  checkSharedOptions(checked, agent);
  return readStoredOptions(checked, where);
}

/** Checks the owner and copies the metadata, which are stored with the run. */
function readStoredOptions<Options extends RunOptions>(options: Options, where: string): Options {
  const { metadata, state, owner } = options;
  checkStorableText(owner, `${where}: owner`);
  return {
    ...options,
    ...(metadata !== undefined && { metadata: copyMetadata(metadata, where) }),
    ...(state !== undefined && { state: copyJson(state, { where, name: 'state', ignoresUndefined: true }) }),
  };
}

/** Checks the names and kinds of an agent's options. `define` checks their values. */
export function readAgentOptions<Context, Output>(
  options: AgentOptions<Context, Output>,
): AgentOptions<Context, Output>;
/** Checks options that replace those of an agent. */
export function readAgentOptions<Context, Output>(
  options: Partial<AgentOptions<Context, Output>>,
  agent: string,
): Partial<AgentOptions<Context, Output>>;
export function readAgentOptions<Context, Output>(
  options: Partial<AgentOptions<Context, Output>>,
  agent = 'agent',
): Partial<AgentOptions<Context, Output>> {
  if (options instanceof Promise)
    throw new ConfigError(
      `Agent "${agent}": the options are a promise. Await it before, and return the options synchronously.`,
    );
  const name = isRecord(options) && typeof options['name'] === 'string' ? options['name'] : agent;
  const checked = checkOptions<Partial<AgentOptions<Context, Output>>>(options, AGENT, `Agent "${name}"`);
  if (checked.modelSettings !== undefined) checkSingleChoice(checked.modelSettings, `Agent "${name}": modelSettings`);
  return checked;
}

const HOOKS: Readonly<Record<Exclude<keyof Middleware, 'isTextGuard'>, true>> = {
  prepareTurn: true,
  wrapModelCall: true,
  wrapToolCall: true,
};

export function checkMiddleware(middleware: readonly Middleware<never>[], agent: string): void {
  middleware.forEach((each, index) => {
    const where = `Agent "${agent}": middleware[${index}]`;
    if (typeof each !== 'object' || each === null) {
      throw new ConfigError(`${where} is not an object. Pass { prepareTurn, wrapModelCall, wrapToolCall }.`);
    }
    if (!isPlainObject(each) && !hasHook(each)) throw new ConfigError(`${where} has no hook. ${HOOK_LIST}`);
    for (const [name, value] of Object.entries(each)) {
      if (value === undefined) continue;
      if (Object.hasOwn(HOOKS, name)) {
        if (typeof value === 'function') continue;
        throw new ConfigError(`${where}.${name} is not a function. Pass a function, or leave it out.`);
      }
      if (name === 'isTextGuard' && typeof value !== 'boolean')
        throw new ConfigError(`${where}.isTextGuard is ${describeValue(value)}. Pass true or false.`);
      // Other fields belong to the middleware. A guard under a misspelt name would check nothing.
      const meant = typeof value === 'function' ? describeUnknownHook(name, each) : undefined;
      if (meant !== undefined) throw new ConfigError(`${where} has no hook "${name}". ${meant}`);
    }
  });
}

function describeUnknownHook(name: string, middleware: Middleware<never>): string | undefined {
  const meant = findClosest(name, [...Object.keys(HOOKS), ...Object.keys(HOOK_ALIASES)]);
  if (meant !== undefined) return `Did you mean "${HOOK_ALIASES[meant] ?? meant}"?`;
  return hasHook(middleware) ? undefined : HOOK_LIST;
}

/** Uses `in`, since the hooks of a class are methods of its prototype. */
function hasHook(middleware: Middleware<never>): boolean {
  return Object.keys(HOOKS).some((hook) => hook in middleware);
}

/** Names of hooks in other libraries. */
const HOOK_ALIASES: Readonly<Record<string, keyof Middleware>> = {
  model: 'wrapModelCall',
  wrapGenerate: 'wrapModelCall',
  wrapStream: 'wrapModelCall',
  afterModel: 'wrapModelCall',
  tool: 'wrapToolCall',
  beforeTool: 'wrapToolCall',
  afterTool: 'wrapToolCall',
  beforeModel: 'prepareTurn',
  prepareStep: 'prepareTurn',
};

const HOOK_LIST = `The hooks are: ${Object.keys(HOOKS).join(', ')}.`;

function hasMethod(value: unknown, method: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return method in value && typeof (value as Record<string, unknown>)[method] === 'function'; // The property exists.
}

/** Checks the values of an agent's options. @throws ConfigError */
export function checkAgentOptions<Context, Output>(options: AgentOptions<Context, Output>, name: string): void {
  const { model, limits = {} } = options;
  checkModel(model, name);
  checkModels(options.models ?? [], name);
  resolveLimits(limits, { agent: name, model });
  checkInstructions(options.instructions, name);
  checkVersion(options.version, name);
  checkMiddleware(options.middleware ?? [], name);
  if (options.listeners !== undefined) checkListeners(options.listeners, `Agent "${name}", listeners`);
  checkInstrumentation(options.instrumentation, `Agent "${name}"`);
  checkWireLog(options.wireLog, `Agent "${name}"`);
  indexTools(options.tools ?? [], name);
}

export function readStopConditions(
  { stopWhen = [] }: Pick<AgentOptions<never, unknown>, 'stopWhen'>,
  agent: string,
): readonly StopCondition<never, unknown>[] {
  const rules = typeof stopWhen === 'function' ? [stopWhen] : stopWhen;
  if (Array.isArray(rules) && rules.every((rule) => typeof rule === 'function')) return rules;
  throw new ConfigError(
    `Agent "${agent}": stopWhen is not a stop condition. Pass stopOnTool("tool_name"), or (state) => boolean.`,
  );
}

function checkModel(model: ChatModel | undefined, agent: string): void {
  if (typeof model?.send === 'function') return;
  throw new ConfigError(`Agent "${agent}" has no model. Pass model: openai("…"), or an object with name and send.`);
}

function checkModels(models: readonly (ChatModel | undefined)[], agent: string): void {
  if (!Array.isArray(models)) {
    const fix = typeof models === 'function' ? 'Only agent.with takes a function' : 'Pass a list';
    throw new ConfigError(`Agent "${agent}": models is ${describeValue(models)}. ${fix}.`);
  }
  const wrong = models.findIndex((model) => typeof model?.send !== 'function');
  if (wrong === -1) return;
  throw new ConfigError(
    `Agent "${agent}": models[${wrong}] is not a model. Pass openai("…"), or an object with name and send.`,
  );
}

function checkInstructions(instructions: unknown, agent: string): void {
  if (instructions === undefined || typeof instructions === 'string' || typeof instructions === 'function') return;
  if (!isRecord(instructions)) {
    throw new ConfigError(
      `Agent "${agent}": instructions is ${describeValue(instructions)}. Pass a string, or a function that returns one.`,
    );
  }
  checkOptions(instructions, TURN_INSTRUCTIONS, `Agent "${agent}", instructions`);
  if (typeof instructions['eachTurn'] === 'function') return;
  throw new ConfigError(
    `Agent "${agent}": instructions.eachTurn is ${describeValue(instructions['eachTurn'])}. Pass { eachTurn: (context, turn) => "…" }.`,
  );
}

function checkVersion(version: unknown, agent: string): void {
  if (version === undefined || (typeof version === 'string' && version !== '')) return;
  throw new ConfigError(`Agent "${agent}": version is ${JSON.stringify(version)}. Pass a string, or leave it out.`);
}

export function checkWholeNumber(
  value: number,
  { agent, field, least }: { readonly agent: string; readonly field: string; readonly least: number },
): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ConfigError(`Agent "${agent}": ${field} is ${value}. Pass a whole number of ${least} or more.`);
}

export function indexTools(tools: readonly Tool<never>[], agent: string): ReadonlyMap<string, Tool> {
  if (!Array.isArray(tools)) throw new ConfigError(`Agent "${agent}": tools is not a list. Pass tools: [tool({ … })].`);
  const byName = new Map<string, Tool>();
  tools.forEach((tool, index) => {
    if (!isTool(tool)) {
      throw new ConfigError(`Agent "${agent}": tools[${index}] is not a tool. Create it with tool({ name, … }).`);
    }
    if (tool.delegate !== undefined)
      checkOwn(tool.delegate, `Agent "${agent}": tools[${index}], agent "${tool.name}",`);
    if (byName.has(tool.name)) {
      throw new ConfigError(`Agent "${agent}" has two tools named "${tool.name}". Rename one of them.`);
    }
    checkToolNumbers(tool); // The tool may be a copy with other options: { ...tool, timeoutMs }.
    byName.set(tool.name, tool);
  });
  return byName;
}

export interface ToolChoiceOptions {
  readonly agent: string;
  readonly tools: ReadonlyMap<string, Tool>;
  /** The start of an error message. @defaultValue the agent and its option */
  readonly where?: string;
}

/** Whether a choice applies only until the agent has called a tool. */
export function isFirstChoice(choice: AgentBasics['toolChoice']): choice is { readonly first: ToolChoice } {
  return isRecord(choice) && Object.hasOwn(choice, 'first');
}

/** @throws ConfigError for an invalid choice, or for a name that is none of the agent's tools */
export function checkToolChoice(
  toolChoice: AgentBasics['toolChoice'],
  { agent, tools, where = `Agent "${agent}": toolChoice` }: ToolChoiceOptions,
): void {
  if (isFirstChoice(toolChoice)) {
    const { first, ...others } = toolChoice;
    const [other] = Object.keys(others);
    if (other !== undefined)
      throw new ConfigError(`${where} has an unknown field "${other}" beside "first". Remove it.`);
    if (first === undefined || isFirstChoice(first))
      throw new ConfigError(`${where}.first is ${JSON.stringify(first)}. Use ${FORMS}.`);
    checkToolChoice(first, { agent, tools, where: `${where}.first` });
    return;
  }
  const chosen = readChosenTools(toolChoice);
  if (chosen === undefined) throw new ConfigError(`${where} is ${JSON.stringify(toolChoice)}. Use ${FORMS}.`);
  for (const { kind, name } of chosen) {
    const tool = tools.get(name);
    if (tool === undefined) {
      const names = [...tools.keys()].join(', ') || 'none';
      throw new ConfigError(`${where} names "${name}", which is none of its tools (${names}). Name one of them.`);
    }
    const actual = tool.customObject === undefined ? 'function' : 'custom';
    if (kind === actual) continue;
    throw new ConfigError(
      `${where} names "${name}" as a ${kind} tool. Write { type: "${actual}", ${actual}: { name: "${name}" } }.`,
    );
  }
}

const FORMS =
  '"none", "auto", "required", { type: "function", function: { name } }, { type: "custom", custom: { name } }, or { type: "allowed_tools", allowed_tools: { mode: "auto" or "required", tools: [one or more of the two before] } }';

interface ChosenTool {
  readonly kind: 'function' | 'custom';
  readonly name: string;
}

/** Returns the tools that a choice names; `undefined` for an invalid choice. JavaScript code may pass any value. */
function readChosenTools(choice: unknown): readonly ChosenTool[] | undefined {
  if (choice === undefined || choice === 'none' || choice === 'auto' || choice === 'required') return [];
  if (!isRecord(choice)) return undefined;
  if (choice['type'] === 'allowed_tools') return readAllowedTools(choice['allowed_tools']);
  const chosen = readChosenTool(choice);
  return chosen && [chosen];
}

function readAllowedTools(allowed: unknown): readonly ChosenTool[] | undefined {
  if (!isRecord(allowed) || (allowed['mode'] !== 'auto' && allowed['mode'] !== 'required')) return undefined;
  const { tools } = allowed;
  if (!Array.isArray(tools) || tools.length === 0) return undefined;
  const chosen = tools.flatMap((entry: unknown) => readChosenTool(entry) ?? []);
  return chosen.length === tools.length ? chosen : undefined;
}

function readChosenTool(entry: unknown): ChosenTool | undefined {
  const kind = isRecord(entry) ? entry['type'] : undefined;
  if (!isRecord(entry) || (kind !== 'function' && kind !== 'custom')) return undefined;
  const named = entry[kind];
  return isRecord(named) && typeof named['name'] === 'string' ? { kind, name: named['name'] } : undefined;
}
