// The one file of the server that imports the SDK.

export {
  type AuthInfo,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  hostHeaderValidationResponse,
  type InputRequiredResult,
  inputRequired,
  localhostAllowedHostnames,
  type McpServerFactory,
  MissingRequiredClientCapabilityError,
  originValidationResponse,
  ProtocolError,
  ProtocolErrorCode,
  type RequestStateCodec,
  Server,
  type ServerContext,
  type Tool,
  type ToolAnnotations,
} from '@modelcontextprotocol/server';
export { type StdioServerHandle, serveStdio } from '@modelcontextprotocol/server/stdio';
