// An agent as an MCP server over stdio: node stdio-agent-server.ts
import { memoryHost } from '@pawl/core';
import { createAgentServer } from '@pawl/mcp/server';
import { createRefundAgent } from './refund-agent.ts';

createAgentServer([createRefundAgent()], { host: memoryHost(), instructions: 'Ask for refunds.' }).stdio();
