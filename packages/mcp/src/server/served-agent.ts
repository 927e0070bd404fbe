import {
  type Agent,
  type AgentOptions,
  ConfigError,
  checkOptions,
  type OptionTable,
  type ResumeOptions,
  type Run,
  type RunOptions,
  type Schema,
  tool,
} from '@pawl/core';
import type { JsonSchema, Message } from '@pawl/core/chat';
import { getAgentOptions } from '@pawl/core/host';
import type { ToolAnnotations } from '../server-sdk.ts';

/** An agent of any context and output. */
export interface AnyAgent {
  readonly name: string;
  run(input: string | readonly Message[], ...options: never): Run<unknown>;
  resume(runId: string, ...options: never): Run<unknown>;
  with(changes: never): unknown;
}

/** The same agent, as it is called here. The application vouches for the context that it needs. */
interface CalledAgent extends Pick<Agent<unknown, unknown, unknown>, 'name' | 'with'> {
  run(input: string | readonly Message[], options: RunOptions & { readonly context: unknown }): Run<unknown>;
  resume(runId: string, options: ResumeOptions & { readonly context: unknown }): Run<unknown>;
}

/** An agent that clients call as a tool. */
export interface ServedAgent {
  readonly agent: AnyAgent;
  /** The name of the tool: 1 to 128 letters, digits, `_`, `-` and `.`. @defaultValue the agent's name */
  readonly name?: string;
  readonly title?: string;
  /** @defaultValue the agent's description */
  readonly description?: string;
  /** The JSON Schema of the input: an object. @defaultValue `{ prompt: string }` */
  readonly input?: JsonSchema;
  /** Makes the agent's input of the tool's. @defaultValue the text `prompt`, or the input as JSON */
  readonly prompt?: (input: Readonly<Record<string, unknown>>) => string | readonly Message[];
  /** Hints for clients about the tool. @defaultValue none, which means: not read-only, destructive */
  readonly annotations?: ToolAnnotations;
}

/** A served agent with all defaults. */
export interface AgentTool extends Required<Pick<ServedAgent, 'name' | 'description' | 'input' | 'prompt'>> {
  readonly agent: CalledAgent;
  readonly title: string | undefined;
  readonly annotations: ToolAnnotations | undefined;
  /** The schema of the agent's output, if that is an object. */
  readonly output: JsonSchema | undefined;
}

const SERVED_AGENT: OptionTable<ServedAgent> = {
  keys: {
    agent: 'any',
    name: 'text',
    title: 'text',
    description: 'text',
    input: 'object',
    prompt: 'function',
    annotations: 'object',
  },
  hints: { inputSchema: 'The option is "input".', tool: 'The option is "name".' },
};

const PROMPT: JsonSchema = {
  type: 'object',
  properties: { prompt: { type: 'string', description: 'What the agent is to do.' } },
  required: ['prompt'],
};

/** @throws ConfigError if there is no agent, an option is invalid, or two agents have one name */
export function readAgents(agents: readonly (AnyAgent | ServedAgent)[]): readonly AgentTool[] {
  if (!Array.isArray(agents) || agents.length === 0) {
    throw new ConfigError(
      'createAgentServer: there are no agents. Pass a list: [agent, { agent: other, description: "…" }].',
    );
  }
  const tools = agents.map(readAgent);
  const twice = tools.find(({ name }, index) => tools.findIndex((other) => other.name === name) !== index);
  if (twice === undefined) return tools;
  throw new ConfigError(
    `createAgentServer: two agents are called "${twice.name}". Give one another name: { agent, name: "…" }.`,
  );
}

function readAgent(given: AnyAgent | ServedAgent, index: number): AgentTool {
  const where = `createAgentServer, agents[${index}]`;
  const served: ServedAgent = isAgent(given)
    ? { agent: given }
    : checkOptions<ServedAgent>(given as ServedAgent, SERVED_AGENT, where); // What is no agent is checked.
  const { agent, title, input = PROMPT, annotations } = served;
  if (!isAgent(agent)) throw new ConfigError(`${where}: agent is no Agent. Pass an agent, or { agent, description }.`);
  const options = getAgentOptions<Pick<AgentOptions<unknown, unknown>, 'description' | 'output'>>(agent);
  const { name = agent.name, description = options.description } = served;
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name)) {
    throw new ConfigError(
      `${where}: the name ${JSON.stringify(name)} cannot be that of a tool. Pass name: 1 to 128 letters, digits, "_", "-" and ".".`,
    );
  }
  if (description === undefined || description.trim() === '') {
    throw new ConfigError(
      `${where}: agent "${name}" has no description, by which clients choose it. Pass description.`,
    );
  }
  const prompt = served.prompt ?? createPrompt;
  return { agent, name, title, description, input, prompt, annotations, output: readOutputSchema(options.output) };
}

/** Whether a value is an agent, also of another copy of core. */
function isAgent(value: unknown): value is CalledAgent {
  return typeof value === 'object' && value !== null && 'asHandoff' in value && 'resume' in value;
}

/** A structured result is an object. An output of another shape goes out as text. */
function readOutputSchema(output: Schema<unknown> | undefined): JsonSchema | undefined {
  if (output === undefined) return undefined;
  try {
    return tool({ name: 'output', input: output as never }).jsonSchema; // Either kind of schema: `tool` asks which.
  } catch {
    return undefined;
  }
}

function createPrompt(input: Readonly<Record<string, unknown>>): string {
  const { prompt, ...others } = input;
  return typeof prompt === 'string' && Object.keys(others).length === 0 ? prompt : JSON.stringify(input);
}
