import type { Attributes } from '@opentelemetry/api';
import type { McpCallSpan } from '@pawl/core/instrumentation';
import { findModelErrorType } from './error-type.ts';
import { ATTRIBUTE, OPERATION } from './semconv.ts';

/** How a request to an MCP server ended. */
export interface McpOutcome {
  readonly errorType: string | undefined;
  /** The code of a JSON-RPC error. */
  readonly statusCode?: string;
}

/** What the span of a tool call says of a request to an MCP server. It keeps the name of the tool that the model used. */
export function createMcpAttributes(request: McpCallSpan): Attributes {
  const { sessionId, requestId, resourceUri } = request;
  return {
    ...createCommonAttributes(request),
    ...(sessionId !== undefined && { [ATTRIBUTE.mcpSessionId]: sessionId }),
    ...(requestId !== undefined && { [ATTRIBUTE.jsonrpcRequestId]: String(requestId) }),
    ...(resourceUri !== undefined && { [ATTRIBUTE.mcpResourceUri]: resourceUri }),
  };
}

/** The attributes of its metric: those of low cardinality. */
export function createMcpLabels(request: McpCallSpan): Attributes {
  const { method, toolName } = request;
  return {
    ...createCommonAttributes(request),
    ...(toolName !== undefined && { [ATTRIBUTE.toolName]: toolName }),
    ...(method === 'tools/call' && { [ATTRIBUTE.operationName]: OPERATION.executeTool }),
  };
}

function createCommonAttributes(request: McpCallSpan): Attributes {
  const { method, promptName, protocolVersion, transport, address, port } = request;
  return {
    [ATTRIBUTE.mcpMethodName]: method,
    ...(promptName !== undefined && { [ATTRIBUTE.promptName]: promptName }),
    ...(protocolVersion !== undefined && { [ATTRIBUTE.mcpProtocolVersion]: protocolVersion }),
    ...(transport !== undefined && { [ATTRIBUTE.networkTransport]: transport }),
    ...(transport !== undefined && transport !== 'pipe' && { [ATTRIBUTE.networkProtocolName]: 'http' }),
    ...(address !== undefined && { [ATTRIBUTE.serverAddress]: address }),
    ...(port !== undefined && { [ATTRIBUTE.serverPort]: port }),
  };
}

/** A server reports the failure of a tool inside a result. */
export function findMcpError(result: unknown): McpOutcome {
  const isError = typeof result === 'object' && result !== null && 'isError' in result && result.isError === true;
  return { errorType: isError ? 'tool_error' : undefined };
}

/** A JSON-RPC error has a number as its code. */
export function describeMcpRejection(error: unknown): McpOutcome {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof code !== 'number') return { errorType: findModelErrorType(error) };
  return { errorType: String(code), statusCode: String(code) };
}
