import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FrameworkEntry, formatVersions, peersFolder } from '../frameworks.ts';
import type { McpFramework } from './mcp-framework.ts';
import { pawl } from './pawl.ts';

/** Pawl, and the frameworks whose MCP clients it is compared with. */
export const mcpFrameworks: readonly [FrameworkEntry, ...FrameworkEntry[]] = [
  { name: 'pawl', versions: 'this version', by: '`createMcpClient`' },
  { name: 'ai', versions: formatVersions('@ai-sdk/mcp', 'ai'), by: '`createMCPClient`, `ToolLoopAgent`' },
  {
    name: 'openai-agents',
    versions: formatVersions('@openai/agents'),
    by: '`MCPServerStdio`, `MCPServerStreamableHttp`, `Runner`',
  },
  { name: 'mastra', versions: formatVersions('@mastra/mcp', '@mastra/core'), by: '`MCPClient`, `Agent`' },
  {
    name: 'langchain',
    versions: formatVersions('@langchain/mcp-adapters', 'langchain'),
    by: '`MultiServerMCPClient`, `createAgent`',
  },
];

export async function loadMcpFramework(name: string): Promise<McpFramework> {
  if (name === 'pawl') return pawl;
  const file = pathToFileURL(join(peersFolder, 'mcp', `${name}.mjs`)).href;
  return (await import(file)) as McpFramework; // Each file exports `ask`.
}
