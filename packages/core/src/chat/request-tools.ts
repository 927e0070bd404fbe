import { shorten } from '../base/text.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { renameCall } from './history.ts';
import { type AssistantMessage, getCallName } from './message.ts';
import { getToolObjectName, type ToolObject } from './request.ts';
import type { Repair } from './response.ts';

/** The tools of a request, for the reader of its response. */
export class RequestTools {
  readonly #tools: readonly ToolObject[] | undefined;

  /** @param tools - `undefined` if they are not known */
  constructor(tools: readonly ToolObject[] | undefined) {
    this.#tools = tools;
  }

  get isKnown(): boolean {
    return this.#tools !== undefined;
  }

  get names(): readonly string[] {
    return this.#tools?.map(getToolObjectName) ?? [];
  }

  has(name: string): boolean {
    return this.#tools?.some((tool) => getToolObjectName(tool) === name) === true;
  }

  /** Whether a name is, or can become, the name of a tool. */
  hasStart(name: string): boolean {
    if (this.has(this.resolve(name))) return true;
    const bare = removeNamespace(name);
    return NAMESPACES.some((each) => each.startsWith(name)) || this.names.some((each) => each.startsWith(bare));
  }

  /**
   * Removes marks that models of the Harmony format add to a name: `get_weather<|channel|>commentary` becomes `get_weather`.
   * A name stays if it is the name of a tool, or if it contains no such name.
   */
  resolve(name: string): string {
    if (this.has(name)) return name;
    return findCandidates(name).find((candidate) => this.has(candidate)) ?? name;
  }

  getParameters(name: string): JsonSchema | undefined {
    const tool = this.#tools?.find((each) => getToolObjectName(each) === name);
    return tool?.type === 'function' ? tool.function.parameters : undefined;
  }
}

/** Resolves the names of the calls of a message, for models that are not read from a server. */
export function resolveToolNames(
  message: AssistantMessage,
  tools: readonly ToolObject[],
): { readonly message: AssistantMessage; readonly repairs: readonly Repair[] } {
  const requested = new RequestTools(tools);
  const repairs: Repair[] = [];
  const calls = message.tool_calls?.map((call, index) => {
    const called = getCallName(call);
    const name = requested.resolve(called);
    if (name === called) return call;
    repairs.push({ path: `message.tool_calls[${index}].${call.type}.name`, note: describeResolvedName(called, name) });
    return renameCall(call, name);
  });
  return repairs.length === 0 || calls === undefined
    ? { message, repairs }
    : { message: { ...message, tool_calls: calls }, repairs };
}

/** The note of a repair of a name. */
export function describeResolvedName(called: string, name: string): string {
  return `"${shorten(called, 100)}" is no tool: read as "${name}"`;
}

/** Namespaces of prompts that models write before the name. */
const NAMESPACES = ['functions.', 'default_api.'];

function removeNamespace(name: string): string {
  const namespace = NAMESPACES.find((each) => name.startsWith(each)) ?? '';
  return name.slice(namespace.length);
}

/** A longer text is not the name of a tool. */
const LONGEST = 256;

function findCandidates(name: string): readonly string[] {
  if (name.length > LONGEST) return [];
  const [before = ''] = name.split('<');
  const named = /(?:functions|default_api)[.:]([a-zA-Z0-9_-]+)/.exec(name)?.[1] ?? '';
  // Kimi numbers the calls of a name: `functions.get_weather:0`.
  return [before.trim(), named, before.trim().replace(/:\d+$/, '')];
}
