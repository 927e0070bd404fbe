import { randomBytes } from 'node:crypto';
import { memoryHost } from '@pawl/core';
import {
  type CallToolResult,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  type McpServerFactory,
  originValidationResponse,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type StdioServerHandle,
  serveStdio,
  type Tool,
} from '../server-sdk.ts';
import { type CallScope, callAgent, getOwner, type SuspendedRun } from './call-agent.ts';
import { type AgentServerOptions, readServerOptions } from './options.ts';
import { type AgentTool, type AnyAgent, readAgents, type ServedAgent } from './served-agent.ts';
import { addTasks, createTask, hasTasks, TASKS_EXTENSION } from './tasks.ts';

/** Agents as an MCP server, in three forms. */
export interface AgentServer {
  /** Creates a server of the MCP SDK, for its own entry points. */
  readonly factory: McpServerFactory;
  /** Handles a request over HTTP, with the checks of `authorize`, `hostnames` and `origins`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Serves the standard input and output of this process. */
  readonly stdio: () => StdioServerHandle;
  /** Ends requests under way over HTTP. Runs with a host go on. */
  close(): Promise<void>;
}

/**
 * Serves agents as tools for MCP clients of both protocol revisions.
 *
 * - A pending call becomes a question to the client. Its answer continues the run, in any process with the same `host` and `secret`.
 * - `_meta.idempotencyKey` of a call names its run: a repeated call attaches to it.
 * - Without `host`, a run ends with its client.
 *
 * @throws ConfigError if an agent or an option is invalid
 *
 * @example
 * createAgentServer([agent], { host: sqliteHost('runs.db'), secret }).stdio();
 */
export function createAgentServer(
  agents: readonly (AnyAgent | ServedAgent)[],
  given: AgentServerOptions = {},
): AgentServer {
  const options = readServerOptions(given);
  const tools = readAgents(agents);
  const { secret = randomBytes(32), answerTimeoutMs = 86_400_000, host = memoryHost() } = options;
  const codec = createRequestStateCodec<SuspendedRun>({
    key: secret,
    ttlSeconds: Math.floor(answerTimeoutMs / 1000),
    // The state of one caller is worthless for another.
    bind: ({ http }) => getOwner(http?.authInfo) ?? '',
  });
  const factory: McpServerFactory = () => {
    const { name = 'pawl', version = '1.0.0', instructions } = options;
    const server = new Server(
      { name, version },
      {
        capabilities: { tools: {}, ...(options.host !== undefined && { extensions: { [TASKS_EXTENSION]: {} } }) },
        ...(instructions !== undefined && { instructions }),
        requestState: { verify: codec.verify },
      },
    );
    const isBoundToClient = options.host === undefined;
    const scopes = tools.map((tool): CallScope => ({ tool, host, isBoundToClient, codec, options }));
    addTools(server, scopes);
    if (!isBoundToClient) addTasks(server, scopes);
    return server;
  };
  const handler = createMcpHandler(factory);
  return {
    factory,
    fetch: (request) => handleRequest(request, handler, options),
    stdio: () => serveStdio(factory),
    close: () => handler.close(),
  };
}

/** Adds the agents as tools. `McpServer` would accept no result that is a task. */
function addTools(server: Server, scopes: readonly CallScope[]): void {
  server.setRequestHandler('tools/list', () => ({ tools: scopes.map(({ tool }) => describeTool(tool)) }));
  const schemas = new Map(scopes.map(({ tool }) => [tool.name, fromJsonSchema<object>(tool.input)]));
  server.setRequestHandler('tools/call', async ({ params: { name, arguments: given = {} } }, context) => {
    const scope = scopes.find(({ tool }) => tool.name === name);
    if (scope === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool "${name}".`);
    const checked = await schemas.get(name)?.['~standard'].validate(given);
    if (checked?.issues !== undefined) {
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `Invalid arguments for ${name}: ${checked.issues[0]?.message}`,
      );
    }
    const isTask = !scope.isBoundToClient && hasTasks(context);
    const createTaskOfRun: CallScope['createTask'] = async (run) =>
      (await createTask(run, scope.host)) as CallToolResult; // Of the extension.
    const result = await callAgent({ ...given }, context, isTask ? { ...scope, createTask: createTaskOfRun } : scope);
    const isPlain = !('resultType' in result);
    return isPlain ? server.projectCallToolResult(result as CallToolResult, scope.tool.output) : result; // By its type.
  });
}

function describeTool({ name, title, description, input, output, annotations }: AgentTool): Tool {
  return {
    name,
    ...(title !== undefined && { title }),
    description,
    inputSchema: { type: 'object', ...input },
    ...(output !== undefined && { outputSchema: { type: 'object', ...output } }),
    ...(annotations !== undefined && { annotations }),
  } as Tool; // A JSON Schema of the application.
}

async function handleRequest(
  request: Request,
  handler: ReturnType<typeof createMcpHandler>,
  { hostnames = localhostAllowedHostnames(), origins = localhostAllowedHostnames(), authorize }: AgentServerOptions,
): Promise<Response> {
  const refused =
    hostHeaderValidationResponse(request, [...hostnames]) ?? originValidationResponse(request, [...origins]);
  if (refused !== undefined) return refused;
  if (authorize === undefined) return handler.fetch(request);
  const authInfo = await authorize(request);
  if (authInfo === undefined) {
    return new Response('Unauthorized', { status: 401, headers: { 'www-authenticate': 'Bearer' } });
  }
  return handler.fetch(request, { authInfo });
}
