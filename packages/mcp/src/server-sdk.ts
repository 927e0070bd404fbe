import {
  type AuthInfo,
  type CallToolResult,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  hostHeaderValidationResponse,
  type InputRequiredResult,
  inputRequired,
  localhostAllowedHostnames,
  McpServer,
  type McpServerFactory,
  originValidationResponse,
  type RequestStateCodec,
  type ServerContext,
  type ToolAnnotations,
} from '@modelcontextprotocol/server';
import { type StdioServerHandle, serveStdio } from '@modelcontextprotocol/server/stdio';

// The one file of the server that imports the SDK.

export {
  type AuthInfo,
  type CallToolResult,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  hostHeaderValidationResponse,
  type InputRequiredResult,
  inputRequired,
  localhostAllowedHostnames,
  McpServer,
  type McpServerFactory,
  originValidationResponse,
  type RequestStateCodec,
  type ServerContext,
  type StdioServerHandle,
  serveStdio,
  type ToolAnnotations,
};
