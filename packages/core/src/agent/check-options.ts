import { ConfigError } from '../base/errors.ts';
import { isPlainObject, isRecord } from '../base/json.ts';
import { checkOptions, describeValue } from '../base/options.ts';
import { checkOwn } from '../base/package-copy.ts';
import { findClosest } from '../base/text.ts';
import type { ChatSettings, ToolChoice } from '../chat/request.ts';
import { checkListeners } from '../event/check-listeners.ts';
import { copyMetadata } from '../host/copy-metadata.ts';
import { resolveLimits } from '../limits/limits.ts';
import type { StopCondition } from '../loop/stop.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { Middleware } from '../perform/middleware.ts';
import { checkToolNumbers, isTool, type Tool } from '../tool/tool.ts';
import type { AgentOptions, ContinueOptions, ResumeOptions, RunOptions } from './agent-options.ts';
import { AGENT, CONTINUE, RESUME, RUN } from './option-tables.ts';

/** The options of a run, checked. Those of a class instance come back as a plain object. @throws ConfigError */
export function readRunOptions<Options extends RunOptions>(options: Options, agent: string): Options {
  const checked = checkOptions(options, RUN, `Agent "${agent}", run`);
  checkParts(checked, agent);
  return withOwnMetadata(checked, `Agent "${agent}", run`);
}

/** A run is resumed where it was started: there is no host to fall back on. */
export function readResumeOptions<Options extends ResumeOptions>(options: Options, agent: string): Options {
  if (!isRecord(options)) throw hostMissing(agent);
  const checked = checkOptions<Options>(options, RESUME, `Agent "${agent}", resume`);
  checkParts(checked, agent);
  if (checked.host !== undefined && checked.host !== null) return checked;
  throw hostMissing(agent);
}

function hostMissing(agent: string): ConfigError {
  return new ConfigError(`Agent "${agent}": resume needs the host that the run was started on. Pass { host }.`);
}

/** What a caller without types may get wrong, and would otherwise find out too late, or nowhere near. */
function checkParts({ signal, host, conversation, modelSettings }: RunOptions | ResumeOptions, agent: string): void {
  if (signal !== undefined && signal !== null && !has(signal, 'addEventListener')) {
    throw new ConfigError(`Agent "${agent}": signal is no AbortSignal. Pass controller.signal, not the controller.`);
  }
  if (conversation !== undefined && (!has(conversation, 'messages') || !has(conversation, 'append'))) {
    throw new ConfigError(`Agent "${agent}": conversation is no conversation. Pass conversation({ id, store }).`);
  }
  if (modelSettings !== undefined) checkSettings(modelSettings, agent);
  if (host === undefined || host === null || (has(host, 'start') && has(host, 'claim'))) return;
  throw new ConfigError(
    `Agent "${agent}": host is ${describeValue(host)}, which is not a host. Pass memoryHost() or another Host.`,
  );
}

/** What goes on in a conversation is looked for there, and on the host that its runs are on. */
export function readContinueOptions<Options extends ContinueOptions>(options: Options, agent: string): Options {
  for (const option of ['host', 'conversation'] as const) {
    if (isRecord(options) && options[option] !== undefined && options[option] !== null) continue;
    throw new ConfigError(
      `Agent "${agent}": continueConversation has no ${option}. Pass { host, conversation: conversation({ id, store }) }.`,
    );
  }
  const where = `Agent "${agent}", continueConversation`;
  const checked = checkOptions<Options>(options, CONTINUE, where);
  checkParts(checked, agent);
  return withOwnMetadata(checked, where);
}

/** What is kept with a run is a copy. */
function withOwnMetadata<Options extends RunOptions>(options: Options, where: string): Options {
  const { metadata } = options;
  return metadata === undefined ? options : { ...options, metadata: copyMetadata(metadata, where) };
}

/** The options of an agent, checked, but for those that are made ready in `define`. */
export function readAgentOptions<Context, Output>(
  options: AgentOptions<Context, Output>,
): AgentOptions<Context, Output>;
/** The same of some of them, which are to replace those of an agent. */
export function readAgentOptions<Context, Output>(
  options: Partial<AgentOptions<Context, Output>>,
  agent: string,
): Partial<AgentOptions<Context, Output>>;
export function readAgentOptions<Context, Output>(
  options: Partial<AgentOptions<Context, Output>>,
  agent = 'agent',
): Partial<AgentOptions<Context, Output>> {
  const name = isRecord(options) && typeof options['name'] === 'string' ? options['name'] : agent;
  const checked = checkOptions<Partial<AgentOptions<Context, Output>>>(options, AGENT, `Agent "${name}"`);
  if (checked.modelSettings !== undefined) checkSettings(checked.modelSettings, name);
  return checked;
}

function checkSettings({ n }: ChatSettings, agent: string): void {
  if (n === undefined || n === null || n === 1) return;
  throw new ConfigError(
    `Agent "${agent}": modelSettings.n is ${n}, but a run follows one reply. Leave it out, or ask the model itself: model.send({ messages, n: ${n} }).`,
  );
}

const HOOKS: Readonly<Record<keyof Middleware, true>> = { prepareTurn: true, wrapModelCall: true, wrapToolCall: true };

export function checkMiddleware(middleware: readonly Middleware<never>[], agent: string): void {
  middleware.forEach((each, index) => {
    const where = `Agent "${agent}": middleware[${index}]`;
    if (typeof each !== 'object' || each === null) {
      throw new ConfigError(`${where} is no object. Pass { prepareTurn, wrapModelCall, wrapToolCall }.`);
    }
    if (!isPlainObject(each) && !hasHook(each)) throw new ConfigError(`${where} has no hook. ${THE_HOOKS}`);
    for (const [name, value] of Object.entries(each)) {
      if (value === undefined) continue;
      if (Object.hasOwn(HOOKS, name)) {
        if (typeof value === 'function') continue;
        throw new ConfigError(`${where}.${name} is no function. Pass one, or leave it out.`);
      }
      // Other fields are the middleware's own. A guard under a misspelt name would guard nothing.
      const meant = typeof value === 'function' ? meantHook(name, each) : undefined;
      if (meant !== undefined) throw new ConfigError(`${where} has no hook "${name}". ${meant}`);
    }
  });
}

function meantHook(name: string, middleware: Middleware<never>): string | undefined {
  const meant = findClosest(name, [...Object.keys(HOOKS), ...Object.keys(OTHER_HOOKS)]);
  if (meant !== undefined) return `Did you mean "${OTHER_HOOKS[meant] ?? meant}"?`;
  return hasHook(middleware) ? undefined : THE_HOOKS;
}

/** Those of a class are methods of its prototype. */
function hasHook(middleware: Middleware<never>): boolean {
  return Object.keys(HOOKS).some((hook) => hook in middleware);
}

/** What the hooks are called elsewhere. */
const OTHER_HOOKS: Readonly<Record<string, keyof Middleware>> = {
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

const THE_HOOKS = `The hooks are: ${Object.keys(HOOKS).join(', ')}.`;

function has(value: unknown, method: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return method in value && typeof (value as Record<string, unknown>)[method] === 'function'; // It is there.
}

/** Checks what a type alone does not say. @throws ConfigError */
export function checkAgentOptions<Context, Output>(options: AgentOptions<Context, Output>, name: string): void {
  const { model, limits = {} } = options;
  checkModel(model, name);
  checkModels(options.models ?? [], name);
  resolveLimits(limits, { agent: name, model });
  checkInstructions(options.instructions, name);
  checkVersion(options.version, name);
  checkMiddleware(options.middleware ?? [], name);
  if (options.listeners !== undefined) checkListeners(options.listeners, `Agent "${name}", listeners`);
  indexTools(options.tools ?? [], name);
}

export function readStopRules({ stopWhen = [], output }: StopOptions, agent: string): readonly StopCondition[] {
  const rules = typeof stopWhen === 'function' ? [stopWhen] : stopWhen;
  if (!Array.isArray(rules) || rules.some((rule) => typeof rule !== 'function')) {
    throw new ConfigError(
      `Agent "${agent}": stopWhen is no rule. Pass stopOnTool("tool_name"), or (state) => boolean.`,
    );
  }
  if (rules.length === 0 || output === undefined) return rules;
  throw new ConfigError(
    `Agent "${agent}" has an output schema and stopWhen, which ends the run without the output. Leave one of them out.`,
  );
}

function checkModel(model: ChatModel | undefined, agent: string): void {
  if (typeof model?.send === 'function') return;
  throw new ConfigError(`Agent "${agent}" has no model. Pass model: openai("…"), or an object with name and send.`);
}

function checkModels(models: readonly (ChatModel | undefined)[], agent: string): void {
  const wrong = models.findIndex((model) => typeof model?.send !== 'function');
  if (wrong === -1) return;
  throw new ConfigError(
    `Agent "${agent}": models[${wrong}] is no model. Pass openai("…"), or an object with name and send.`,
  );
}

function checkInstructions(instructions: unknown, agent: string): void {
  if (instructions === undefined || typeof instructions === 'string' || typeof instructions === 'function') return;
  throw new ConfigError(`Agent "${agent}": instructions are no text. Pass a string, or a function that gives one.`);
}

function checkVersion(version: unknown, agent: string): void {
  if (version === undefined || (typeof version === 'string' && version !== '')) return;
  throw new ConfigError(`Agent "${agent}": version is ${JSON.stringify(version)}. Pass a text, or leave it out.`);
}

export function checkWholeNumber(
  value: number,
  { agent, field, least }: { readonly agent: string; readonly field: string; readonly least: number },
): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ConfigError(`Agent "${agent}": ${field} is ${value}. Pass a whole number of ${least} or more.`);
}

type StopOptions = Pick<AgentOptions<never, unknown>, 'stopWhen' | 'output'>;

export function indexTools(tools: readonly Tool<never>[], agent: string): ReadonlyMap<string, Tool> {
  if (!Array.isArray(tools)) throw new ConfigError(`Agent "${agent}": tools is no list. Pass tools: [tool({ … })].`);
  const byName = new Map<string, Tool>();
  tools.forEach((tool, index) => {
    if (!isTool(tool)) {
      throw new ConfigError(`Agent "${agent}": tools[${index}] is no tool. Make it with tool({ name, … }).`);
    }
    if (tool.delegate !== undefined)
      checkOwn(tool.delegate, `Agent "${agent}": tools[${index}], agent "${tool.name}",`);
    if (byName.has(tool.name)) {
      throw new ConfigError(`Agent "${agent}" has two tools named "${tool.name}". Rename one of them.`);
    }
    checkToolNumbers(tool); // A copy with other options, { ...tool, timeoutMs }, was not checked yet.
    byName.set(tool.name, tool);
  });
  return byName;
}

export interface ToolChoiceOptions {
  readonly agent: string;
  readonly tools: ReadonlyMap<string, Tool>;
}

/** @throws ConfigError for a choice in no form that there is, or of what is none of the agent's tools. */
export function checkToolChoice(toolChoice: ToolChoice | undefined, { agent, tools }: ToolChoiceOptions): void {
  const chosen = chosenTools(toolChoice);
  const where = `Agent "${agent}": toolChoice`;
  if (chosen === undefined) throw new ConfigError(`${where} is ${JSON.stringify(toolChoice)}. Use ${FORMS}.`);
  for (const { kind, name } of chosen) {
    const tool = tools.get(name);
    if (tool === undefined) {
      const names = [...tools.keys()].join(', ') || 'it has none';
      throw new ConfigError(`${where} names "${name}", which is none of its tools: ${names}.`);
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

interface Chosen {
  readonly kind: 'function' | 'custom';
  readonly name: string;
}

/** The tools that a choice names; `undefined` for what is no choice. From JavaScript it may be anything. */
function chosenTools(choice: unknown): readonly Chosen[] | undefined {
  if (choice === undefined || choice === 'none' || choice === 'auto' || choice === 'required') return [];
  if (!isRecord(choice)) return undefined;
  if (choice['type'] === 'allowed_tools') return allowedTools(choice['allowed_tools']);
  const chosen = chosenTool(choice);
  return chosen && [chosen];
}

function allowedTools(allowed: unknown): readonly Chosen[] | undefined {
  if (!isRecord(allowed) || (allowed['mode'] !== 'auto' && allowed['mode'] !== 'required')) return undefined;
  const { tools } = allowed;
  if (!Array.isArray(tools) || tools.length === 0) return undefined;
  const chosen = tools.flatMap((entry: unknown) => chosenTool(entry) ?? []);
  return chosen.length === tools.length ? chosen : undefined;
}

function chosenTool(entry: unknown): Chosen | undefined {
  const kind = isRecord(entry) ? entry['type'] : undefined;
  if (!isRecord(entry) || (kind !== 'function' && kind !== 'custom')) return undefined;
  const named = entry[kind];
  return isRecord(named) && typeof named['name'] === 'string' ? { kind, name: named['name'] } : undefined;
}
