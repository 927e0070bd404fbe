import { randomBytes } from 'node:crypto';
import { memoryHost } from '@pawl/core';
import {
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  McpServer,
  type McpServerFactory,
  originValidationResponse,
  type StdioServerHandle,
  serveStdio,
} from '../server-sdk.ts';
import { type CallScope, callAgent, getOwner, type SuspendedRun } from './call-agent.ts';
import { type AgentServerOptions, readServerOptions } from './options.ts';
import { type AnyAgent, readAgents, type ServedAgent } from './served-agent.ts';

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
    const server = new McpServer(
      { name, version },
      { ...(instructions !== undefined && { instructions }), requestState: { verify: codec.verify } },
    );
    for (const tool of tools) {
      registerAgent(server, { tool, host, isBoundToClient: options.host === undefined, codec, options });
    }
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

function registerAgent(server: McpServer, scope: CallScope): void {
  const { name, title, description, input, output, annotations } = scope.tool;
  const config = {
    ...(title !== undefined && { title }),
    description,
    inputSchema: fromJsonSchema<object>(input),
    ...(output !== undefined && { outputSchema: fromJsonSchema<object>(output) }),
    ...(annotations !== undefined && { annotations }),
  };
  server.registerTool(name, config, (given, context) => callAgent({ ...given }, context, scope));
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
