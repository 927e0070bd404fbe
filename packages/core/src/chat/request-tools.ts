import type { JsonSchema } from '../schema/json-schema.ts';
import { type ToolObject, toolObjectName } from './request.ts';

/** The tools that a request offered, for the reader of its response. */
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
    return this.#tools?.map(toolObjectName) ?? [];
  }

  has(name: string): boolean {
    return this.#tools?.some((tool) => toolObjectName(tool) === name) === true;
  }

  /** Whether more text can make a tool's name of this one. */
  hasStart(name: string): boolean {
    if (this.has(this.resolve(name))) return true;
    const bare = withoutNamespace(name);
    return NAMESPACES.some((each) => each.startsWith(name)) || this.names.some((each) => each.startsWith(bare));
  }

  /**
   * The name without what models of the Harmony format leak into it: `get_weather<|channel|>commentary` is `get_weather`.
   * A name is kept if it is a tool's, or if nothing in it is one.
   */
  resolve(name: string): string {
    if (this.has(name)) return name;
    return candidates(name).find((candidate) => this.has(candidate)) ?? name;
  }

  parametersOf(name: string): JsonSchema | undefined {
    const tool = this.#tools?.find((each) => toolObjectName(each) === name);
    return tool?.type === 'function' ? tool.function.parameters : undefined;
  }
}

/** What models write before the name: the namespace of their prompt. */
const NAMESPACES = ['functions.', 'default_api.'];

function withoutNamespace(name: string): string {
  const namespace = NAMESPACES.find((each) => name.startsWith(each)) ?? '';
  return name.slice(namespace.length);
}

/** Names are short, and anything longer is none. */
const LONGEST = 256;

function candidates(name: string): readonly string[] {
  if (name.length > LONGEST) return [];
  const [before = ''] = name.split('<');
  const named = /(?:functions|default_api)[.:]([a-zA-Z0-9_-]+)/.exec(name)?.[1] ?? '';
  // Kimi counts the calls of a name: `functions.get_weather:0`.
  return [before.trim(), named, before.trim().replace(/:\d+$/, '')];
}
