import { type Agent, type AgentOptions, type ChatModel, ConfigError, type Schema, type Tool, tool } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { DEFAULT_LIMITS, getAgentOptions, readAgentName } from '@pawl/core/host';
import type { Middleware } from '@pawl/core/middleware';
import { getStrictForm, type JsonSchema } from '@pawl/core/model';
import type { ServeOptions } from '@pawl/serve';
import type { AgentSummary, AgentView, MiddlewareView, ToolView } from '../api.ts';

/** An agent of this process. The compiler cannot know the context of an agent in a list. */
export interface KnownAgent {
  readonly name: string;
  readonly agent: Agent<never, unknown>;
  /** Makes the context of a run, as `serve()` takes it. */
  readonly context?: (source: never) => unknown;
  readonly options: AgentOptions<never, unknown>;
}

/** Reads the option `agents`. @throws ConfigError for a value that is not an agent */
export function readAgents(given: ServeOptions['agents']): ReadonlyMap<string, KnownAgent> {
  const known = given.map((each): readonly [string, KnownAgent] => {
    const name = readAgentName(each as Parameters<typeof readAgentName>[0]); // It checks both forms.
    const entry: { readonly agent: unknown; readonly context?: (source: never) => unknown } =
      'agent' in each ? each : { agent: each };
    const agent = entry.agent as Agent<never, unknown>; // `readAgentName` has checked it.
    return [
      name,
      {
        name,
        agent,
        ...(entry.context && { context: entry.context }),
        options: getAgentOptions<AgentOptions<never, unknown>>(agent),
      },
    ];
  });
  return new Map(known);
}

/** Lists the models that a replay of an agent may ask. */
export function listModels({ options }: KnownAgent, others: readonly ChatModel[]): readonly ChatModel[] {
  const { model, models = [] } = options;
  const byName = new Map([...others, ...models, model].map((each) => [each.name, each]));
  return [model, ...byName.values()].filter(
    (each, index, all) => all.findIndex(({ name }) => name === each.name) === index,
  );
}

export function summarizeAgent(known: KnownAgent, others: readonly ChatModel[]): AgentSummary {
  const { name, options } = known;
  const { description, model, tools = [] } = options;
  return {
    name,
    ...(description !== undefined && { description }),
    model: model.name,
    models: listModels(known, others).map((each) => each.name),
    tools: tools.map((tool) => tool.name),
  };
}

export function describeAgent(known: KnownAgent, others: readonly ChatModel[]): AgentView {
  const {
    version,
    instructions,
    tools = [],
    handoffs = [],
    limits,
    middleware = [],
    modelSettings = {},
    output,
  } = known.options;
  const targets = typeof handoffs === 'function' ? handoffs() : handoffs;
  return {
    ...summarizeAgent(known, others),
    ...(version !== undefined && { version }),
    instructions: typeof instructions === 'function' || typeof instructions === 'object' ? null : (instructions ?? ''),
    toolViews: tools.map(describeTool),
    handoffs: targets.map((target) => ('asHandoff' in target ? target.asHandoff() : target).agent),
    limits: { ...DEFAULT_LIMITS, ...limits },
    middleware: middleware.map(describeMiddleware),
    output: output === undefined ? null : readSchema(output),
    modelSettings: JSON.parse(JSON.stringify(modelSettings)),
  };
}

function describeTool(tool: Tool<never>): ToolView {
  const { name, description, effect, needsApproval, hasExternalResult, delegate, onUnknownOutcome, definitionHash } =
    tool;
  const { exclusive, timeoutMs, maxResultLength, maxInputRetries, approvalTimeoutMs, customObject, jsonSchema } = tool;
  const strict = getStrictForm(jsonSchema);
  return {
    name,
    ...(description !== undefined && { description }),
    kind: customObject === undefined ? 'function' : 'custom',
    effect,
    needsApproval: typeof needsApproval === 'function' ? 'sometimes' : needsApproval ? 'always' : 'never',
    hasExternalResult,
    isAgent: delegate !== undefined,
    onUnknownOutcome: onUnknownOutcome === undefined ? 'tell-model' : onUnknownOutcome === 'ask' ? 'ask' : 'check',
    exclusive,
    timeoutMs,
    maxResultLength,
    maxInputRetries,
    approvalTimeoutMs: Number.isFinite(approvalTimeoutMs) ? approvalTimeoutMs : null,
    ...(definitionHash !== undefined && { definitionHash }),
    schema: toJson(jsonSchema),
    strictSchema: strict === undefined ? null : toJson(strict),
    strictReport: tool.strictReport,
  };
}

/** A tool converts a schema whose root is an object. Of others nothing is shown. */
function readSchema(schema: Schema): Json {
  try {
    return toJson(tool({ name: 'output', input: schema as never, execute: () => null }).jsonSchema); // Either kind of schema: `tool` asks which.
  } catch (error) {
    if (ConfigError.isInstance(error)) return {};
    throw error;
  }
}

function toJson(schema: JsonSchema): Json {
  return schema as Json; // A schema is JSON.
}

const HOOKS = ['prepareTurn', 'wrapModelCall', 'wrapToolCall'] as const satisfies readonly (keyof Middleware)[];

function describeMiddleware(middleware: Middleware<never>): MiddlewareView {
  const { isTextGuard = false } = middleware;
  const hooks = HOOKS.filter((hook) => middleware[hook] !== undefined);
  const named = 'name' in middleware && typeof middleware.name === 'string' ? middleware.name : hooks.join(', ');
  return { name: named, isTextGuard, hooks };
}
