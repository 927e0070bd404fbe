import { completeClock, systemClock } from '../base/clock.ts';
import { checkOwn, markOwn } from '../base/copy.ts';
import { ConfigError } from '../base/errors.ts';
import type { ChatSettings, ToolObject } from '../chat/request.ts';
import { checkListeners } from '../event/check-listeners.ts';
import { resolveLimits } from '../limits/limits.ts';
import type { StopRule } from '../loop/stop.ts';
import { resolveRetryPolicy } from '../model/attempts.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { Definition } from '../perform/definition.ts';
import { type CompiledOutput, compileOutput } from '../schema/output.ts';
import { checkNumbers, isTool, type Tool } from '../tool/tool.ts';
import type { AgentOptions } from './agent-options.ts';
import type { Blueprint, HandOff } from './blueprint.ts';
import { checkMiddleware } from './check-options.ts';
import { checkToolChoice } from './check-tool-choice.ts';
import { digestOf } from './digest.ts';
import { destinationsOf, type HandOffs, handOffsOf, speakersOf } from './handoff.ts';

/** Checks the values of an agent's options and makes ready, once, what its runs share. */
export function define<Context, Output>(options: AgentOptions<Context, Output>): Blueprint {
  const { name = 'agent', settings = {}, limits = {} } = options;
  checkOptions(options, name);
  const output = options.output === undefined ? undefined : compileOutput(options.output, `Agent "${name}", output`);
  const handoffs = once(() => handOffsOf((options.handoffs ?? []) as HandOffs<never, unknown>, name)); // As in `Definition`.
  const definition = once(() =>
    definitionOf(options, { name, output, handoffs: handoffs(), blueprint: () => blueprint }),
  );
  const blueprint: Blueprint = markOwn({
    name,
    description: options.description,
    get definition() {
      return definition();
    },
    handoffs,
    instructions: options.instructions,
    settings: output === undefined ? settings : { ...settings, response_format: responseFormat(output) },
    limits,
    stopRules: stopRulesOf(options, name),
    outputCorrections: whole(options.outputCorrections ?? 2, { agent: name, field: 'outputCorrections', least: 0 }),
    parallelToolCalls: whole(options.parallelToolCalls ?? 8, { agent: name, field: 'parallelToolCalls', least: 1 }),
    listeners: options.listeners,
    clock: completeClock(options.clock ?? systemClock),
    random: options.random ?? Math.random,
    digest: once(() => digestOf(definition().tools, options.version)),
  });
  if (typeof options.handoffs !== 'function') definition();
  return blueprint;
}

function checkOptions<Context, Output>(options: AgentOptions<Context, Output>, name: string): void {
  const { model, limits = {} } = options;
  checkModel(model, name);
  checkModels(options.models ?? [], name);
  resolveLimits(limits, { agent: name, model });
  checkInstructions(options.instructions, name);
  checkVersion(options.version, name);
  checkMiddleware(options.middleware ?? [], name);
  if (options.listeners !== undefined) checkListeners(options.listeners, `Agent "${name}", listeners`);
  toolsByName(options.tools ?? [], name);
}

interface Parts {
  readonly name: string;
  readonly output: CompiledOutput | undefined;
  readonly handoffs: readonly HandOff[];
  readonly blueprint: () => Blueprint;
}

function definitionOf<Context, Output>(
  options: AgentOptions<Context, Output>,
  { name, output, handoffs, blueprint }: Parts,
): Definition {
  const tools = toolsByName([...(options.tools ?? []), ...handoffs.map(({ tool }) => tool)], name);
  checkToolChoice(options.toolChoice, { agent: name, tools });
  return {
    name,
    model: options.model,
    models: options.models ?? [],
    tools,
    toolObjects: toolObjects(tools),
    toolChoice: options.toolChoice,
    output,
    middleware: options.middleware ?? [],
    retry: resolveRetryPolicy(options.retry ?? {}),
    handoffs: once(() => destinationsOf(handoffs)),
    speakers: once(() => speakersOf(blueprint())),
  };
}

function stopRulesOf({ stopWhen = [], output }: StopOptions, agent: string): readonly StopRule[] {
  const rules = typeof stopWhen === 'function' ? [stopWhen] : stopWhen;
  if (!Array.isArray(rules) || rules.some((rule) => typeof rule !== 'function')) {
    throw new ConfigError(`Agent "${agent}": stopWhen is no rule. Pass stopAfter("tool_name"), or (state) => boolean.`);
  }
  if (rules.length === 0 || output === undefined) return rules;
  throw new ConfigError(
    `Agent "${agent}" has an output schema and stopWhen, which ends the run without the output. Leave one of them out.`,
  );
}

type StopOptions = Pick<AgentOptions<never, unknown>, 'stopWhen' | 'output'>;

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
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

function toolsByName(tools: readonly Tool<never>[], agent: string): ReadonlyMap<string, Tool> {
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
    checkNumbers(tool); // A copy with other options, { ...tool, timeoutMs }, was not checked yet.
    byName.set(tool.name, tool);
  });
  return byName;
}

function toolObjects(tools: ReadonlyMap<string, Tool>): readonly ToolObject[] {
  return Object.freeze([...tools.values()].map(toolObject));
}

/** A wrapper may have given the tool another name or description: `{ ...tool, name: 'other' }`. */
function toolObject({ name, description, functionObject, customObject }: Tool): ToolObject {
  const named = { name, ...(description !== undefined && { description }) };
  if (customObject !== undefined) return { type: 'custom', custom: { ...customObject, ...named } };
  return { type: 'function', function: { ...functionObject, ...named } };
}

function responseFormat({ jsonSchema }: CompiledOutput): NonNullable<ChatSettings['response_format']> {
  return { type: 'json_schema', json_schema: { name: 'output', schema: jsonSchema } };
}

export function whole(
  value: number,
  { agent, field, least }: { readonly agent: string; readonly field: string; readonly least: number },
): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ConfigError(`Agent "${agent}": ${field} is ${value}. Pass a whole number of ${least} or more.`);
}
