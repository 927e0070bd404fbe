import { ConfigError, contentParts, jsonSchema, type Tool, type ToolContext, tool } from '@pawl/core';
import type { Json, JsonSchema } from '@pawl/core/chat';
import type { CallToolResult } from '../sdk.ts';
import { loadSdk } from '../sdk.ts';
import { type CalledTool, callTool } from './call-tool.ts';
import type { Connection } from './connection.ts';
import { hashDefinition, type McpDefinition } from './definition.ts';
import { mapResult } from './map-result.ts';
import type { AnyMcpOptions, ResolvedOptions } from './options.ts';
import type { Session } from './session.ts';
import { buildToolNames } from './tool-names.ts';
import { type McpToolTraits, readTraits } from './traits.ts';

export interface ToolScope {
  readonly options: ResolvedOptions;
  readonly getConnection: (toolContext: ToolContext) => Connection;
  readonly checkDefinition: (session: Session, definition: McpDefinition, traits: McpToolTraits) => Promise<void>;
}

/** Creates the tools of a server, sorted by name. */
export function createTools(definitions: readonly McpDefinition[], scope: ToolScope): readonly Tool<unknown>[] {
  const { options } = scope;
  const names = buildToolNames(
    options.name,
    definitions.map(({ name }) => name),
  );
  const endpoint = describeEndpoint(options);
  return definitions.map((definition) =>
    createTool(definition, { ...scope, name: names.get(definition.name) ?? definition.name, endpoint }),
  );
}

interface NamedTool extends ToolScope {
  readonly name: string;
  readonly endpoint: CalledTool['endpoint'];
}

function createTool(
  definition: McpDefinition,
  { name, endpoint, options, getConnection, checkDefinition }: NamedTool,
): Tool<unknown> {
  const traits = readTraits(definition, options.annotations ?? 'ignore');
  const validate = createOutputCheck(definition);
  const called: Omit<CalledTool, 'connection'> = {
    server: options.name,
    definition,
    endpoint,
    effect: traits.effect,
    idleTimeoutMs: options.idleTimeoutMs,
    onElicitation: options.onElicitation,
    checkDefinition: (session) => checkDefinition(session, definition, traits),
  };
  return tool<unknown, unknown, Promise<unknown>>({
    name,
    description: definition.description ?? definition.title,
    // The server checks the arguments: it knows more about them than its schema says.
    input: jsonSchema(readInputSchema(definition)),
    effect: traits.effect,
    needsApproval: traits.needsApproval as boolean, // Or a function of the application, whose context is its own.
    exclusive: traits.exclusive,
    definitionHash: hashDefinition(definition),
    timeoutMs: options.timeoutMs ?? 600_000,
    preview: (input) => buildPreview(options.name, definition, input as Json), // The arguments were JSON.
    execute: async (input, toolContext) => {
      const result = await callTool({ ...called, connection: getConnection(toolContext) }, input, toolContext);
      await reportExtras(result, { validate, toolContext });
      const parts = mapResult(result, options.name);
      const [first] = parts;
      return parts.length === 1 && first?.type === 'text' ? first.text : contentParts(parts);
    },
  });
}

function describeEndpoint({ command, url }: AnyMcpOptions): CalledTool['endpoint'] {
  if (command !== undefined) return { transport: 'pipe' };
  if (url === undefined) return {}; // The application has connected the client.
  const { hostname, port, protocol } = new URL(String(url));
  const address = hostname.replace(/^\[|\]$/g, '');
  return { transport: 'tcp', address, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

function readInputSchema({ name, inputSchema }: McpDefinition): JsonSchema {
  const { type } = inputSchema;
  if (type !== undefined && type !== 'object') {
    throw new ConfigError(
      `MCP tool ${JSON.stringify(name)}: the type of its inputSchema is ${JSON.stringify(type)}, and not "object". Leave the tool out: include names those to take.`,
    );
  }
  return type === undefined ? { ...inputSchema, type: 'object' } : inputSchema;
}

/** What a person sees before approving a call. */
function buildPreview(server: string, { name, title, annotations }: McpDefinition, input: Json): Json {
  return {
    server,
    tool: name,
    ...(title !== undefined && { title }),
    ...(annotations !== undefined && { hints: JSON.parse(JSON.stringify(annotations)) }),
    input,
  };
}

/** Returns a function that names the first path of a structured result that does not fit. The schema is compiled with the first result. */
function createOutputCheck({
  outputSchema,
}: McpDefinition): ((structured: unknown) => Promise<string | undefined>) | undefined {
  if (outputSchema === undefined) return undefined;
  let schema: ReturnType<Awaited<ReturnType<typeof loadSdk>>['fromJsonSchema']> | undefined;
  return async (structured) => {
    if (structured === undefined) return 'structuredContent is missing';
    try {
      schema ??= (await loadSdk()).fromJsonSchema(outputSchema);
      const { issues } = await schema['~standard'].validate(structured);
      return issues?.[0]?.message;
    } catch (error) {
      return `the outputSchema is invalid: ${String(error)}`;
    }
  };
}

/** Reports what the model does not read: `_meta`, and what does not fit the `outputSchema`. The result is kept. */
async function reportExtras(
  { structuredContent, _meta, isError }: CallToolResult,
  {
    validate,
    toolContext,
  }: { readonly validate: ReturnType<typeof createOutputCheck>; readonly toolContext: ToolContext },
): Promise<void> {
  if (_meta !== undefined) toolContext.reportProgress({ meta: _meta as Json }); // It came as JSON.
  if (validate === undefined || isError === true) return;
  await validate(structuredContent).then((misfit) => {
    if (misfit !== undefined) toolContext.reportProgress({ outputSchema: misfit });
  });
}
