export { createMcpClient } from './client/create-mcp-client.ts';
export type { McpAnnotations, McpDefinition } from './client/definition.ts';
export type { ElicitationHandler, McpAnswer, McpQuestion } from './client/elicitation.ts';
export type { McpErrorCode } from './client/errors.ts';
export { McpError } from './client/errors.ts';
export type { McpChange, McpClient, McpClientEvents, McpPrompt, McpResource } from './client/mcp-client.ts';
export type {
  McpBaseOptions,
  McpClientOptions,
  McpCommandOptions,
  McpHeaders,
  McpOptions,
  McpUrlOptions,
  StructuralClient,
} from './client/options.ts';
export { resourceTools } from './client/resources.ts';
export type { AnnotationsOption, McpToolTraits } from './client/traits.ts';
export type { LockData, LockedServer, LockedTool, LockStore } from './lock/lock-file.ts';
