import { ConfigError, type Effect, type ToolContext, ToolError, UnknownOutcomeError } from '@pawl/core';
import { instrumentMcpCall, type McpCall } from '@pawl/core/instrumentation';
import type { CallToolResult, InputRequiredResult } from '../sdk.ts';
import type { Connection } from './connection.ts';
import type { McpDefinition } from './definition.ts';
import { askQuestions, type CallRound, type ElicitationHandler, readRound } from './elicitation.ts';
import { describeError, McpError } from './errors.ts';
import { currentCall, OutgoingCall } from './outgoing-call.ts';
import { ProgressReporter } from './progress.ts';
import type { Session } from './session.ts';

/** What all calls of a tool share. */
export interface CalledTool {
  readonly server: string;
  readonly definition: McpDefinition;
  /** Where the server is, for the span of a call. */
  readonly endpoint: Pick<McpCall, 'transport' | 'address' | 'port'>;
  readonly effect: Effect;
  readonly connection: Connection;
  readonly idleTimeoutMs: number;
  readonly onElicitation: 'suspend' | 'decline' | ElicitationHandler;
  /** Throws if the definition is no longer the one that was pinned. */
  readonly checkDefinition: (session: Session) => Promise<void>;
}

/**
 * Calls a tool: one round, and another one for each time that the server asks questions.
 *
 * @throws SuspendRun if a question waits for an answer from outside
 * @throws UnknownOutcomeError if the call may have had its effect, and must not be repeated
 * @throws ToolError if the server refuses the call or cannot be reached
 */
export async function callTool(tool: CalledTool, input: unknown, toolContext: ToolContext): Promise<CallToolResult> {
  const name = `${tool.server}/${tool.definition.name}`;
  let round = readRound(toolContext, name);
  for (;;) {
    const result = await sendRound(tool, { input, round, toolContext });
    if (!isQuestion(result)) return result;
    round = await askQuestions(result, {
      tool: name,
      round: round.index,
      onElicitation: tool.onElicitation,
      toolContext,
    });
  }
}

function isQuestion(result: CallToolResult | InputRequiredResult): result is InputRequiredResult {
  return 'resultType' in result && result.resultType === 'input_required';
}

interface RoundScope {
  readonly input: unknown;
  readonly round: CallRound;
  readonly toolContext: ToolContext;
}

/**
 * Sends the request of one round. If the connection breaks before the response:
 * - A request that was not sent is sent on the new connection.
 * - One that was sent is sent once more if the effect allows it. Otherwise its outcome is unknown.
 */
async function sendRound(tool: CalledTool, sent: RoundScope): Promise<CallToolResult | InputRequiredResult> {
  let isRepeated = false;
  for (let unsentCount = 0; ; unsentCount += 1) {
    const session = await acquireSession(tool, sent.toolContext);
    const call = new OutgoingCall(sent.toolContext);
    session.callCount += 1;
    let error: unknown;
    try {
      await tool.checkDefinition(session);
      return await sendOnce(tool, session, { ...sent, call });
    } catch (thrown) {
      error = thrown;
    } finally {
      session.callCount -= 1;
      if (session.isBroken && session.callCount === 0) void session.close().catch(() => {}); // It is gone anyway.
    }
    sent.toolContext.signal.throwIfAborted();
    const failure = classify(error, session, call);
    if (failure === 'answered') throw toToolError(error, tool);
    if (failure === 'lost') tool.connection.drop(session);
    if (call.isSent && tool.effect === 'non-idempotent') throw createUnknownOutcome(error, tool);
    if (failure === 'silent' || isRepeated || unsentCount >= MAX_UNSENT) throw createFailure(error, tool);
    isRepeated = call.isSent;
  }
}

/** A server that accepts connections and no calls does not get better by the next one. */
const MAX_UNSENT = 3;

/** Waits for a connection, at most for the idle timeout. */
async function acquireSession(
  { connection, idleTimeoutMs, server }: CalledTool,
  toolContext: ToolContext,
): Promise<Session> {
  try {
    return await connection.acquire(AbortSignal.any([toolContext.signal, AbortSignal.timeout(idleTimeoutMs)]));
  } catch (error) {
    if (!McpError.isInstance(error)) throw error;
    throw new ToolError(`Server "${server}" cannot be used: ${error.message}`, { cause: error });
  }
}

async function sendOnce(
  { definition, endpoint, idleTimeoutMs }: CalledTool,
  { client }: Session,
  { input, round, toolContext, call }: RoundScope & { readonly call: OutgoingCall },
): Promise<CallToolResult | InputRequiredResult> {
  const { inputResponses, requestState } = round;
  const { traceparent, tracestate } = toolContext;
  const protocolVersion = client.getNegotiatedProtocolVersion?.();
  const progress = new ProgressReporter(toolContext);
  const params = {
    name: definition.name,
    arguments: input as Record<string, unknown>, // Core has checked that it is an object.
    ...(inputResponses !== undefined && { inputResponses: inputResponses as Record<string, never> }), // Checked by `readRound`.
    ...(requestState !== undefined && { requestState }),
    // That of the tool's span.
    ...(traceparent !== undefined && { _meta: { traceparent, ...(tracestate !== undefined && { tracestate }) } }),
  };
  const send = (): Promise<CallToolResult | InputRequiredResult> =>
    client.callTool(params, {
      signal: toolContext.signal,
      timeout: idleTimeoutMs,
      resetTimeoutOnProgress: true,
      onprogress: (update) => progress.report(update),
      allowInputRequired: true,
      // Without its outputSchema: the SDK would reject a result that does not fit.
      toolDefinition: { name: definition.name, inputSchema: { type: 'object', ...definition.inputSchema } },
    });
  const span: McpCall = {
    method: 'tools/call',
    toolName: definition.name,
    ...endpoint,
    ...(protocolVersion !== undefined && { protocolVersion }),
  };
  return instrumentMcpCall(toolContext, span, () => Promise.race([currentCall.run(call, send), call.lost]));
}

/**
 * - `answered`: the server responded with an error, or refused the request.
 * - `lost`: the connection broke, or is not the server's any more.
 * - `silent`: no sign of life for the idle timeout.
 */
function classify(error: unknown, { sdk }: Session, call: OutgoingCall): 'answered' | 'lost' | 'silent' {
  const { SdkError, SdkErrorCode, SdkHttpError, ProtocolError } = sdk;
  if (ProtocolError.isInstance(error)) return 'answered';
  if (SdkHttpError.isInstance(error)) {
    // A server that restarted does not know the session.
    if (error.status === 404 && call.hasSession) return 'lost';
    return call.isSent ? 'lost' : 'answered';
  }
  if (SdkError.isInstance(error)) {
    if (error.code === SdkErrorCode.RequestTimeout) return 'silent';
    return error.code === SdkErrorCode.ConnectionClosed || error.code === SdkErrorCode.NotConnected
      ? 'lost'
      : 'answered';
  }
  if (ConfigError.isInstance(error)) return 'answered';
  return error instanceof Error && NOT_OF_THE_CONNECTION.has(error.name) ? 'answered' : 'lost';
}

/** Errors that a new connection does not help with. */
const NOT_OF_THE_CONNECTION: ReadonlySet<string> = new Set(['UnauthorizedError', 'ZodError', 'SyntaxError']);

function toToolError(error: unknown, { server }: CalledTool): unknown {
  if (ConfigError.isInstance(error)) return error;
  return new ToolError(`The MCP server "${server}" refused the call: ${describeError(error)}`, { cause: error });
}

function createUnknownOutcome(error: unknown, { server, definition }: CalledTool): UnknownOutcomeError {
  return new UnknownOutcomeError(
    `The MCP server "${server}" got the call of ${definition.name}, but no response came: ${describeError(error)}`,
    { cause: error },
  );
}

function createFailure(error: unknown, { server }: CalledTool): ToolError {
  return new ToolError(`The MCP server "${server}" did not respond: ${describeError(error)}`, { cause: error });
}
