// Holds an MCP server with a grandchild, prints their ids, and waits to be killed: node parent.ts
import { createMcpClient } from '@pawl/mcp';
import { testTool } from '@pawl/testing';
import { stubCommand } from './stub-command.ts';

const client = await createMcpClient({ name: 'stub', ...stubCommand(), include: ['grandchild'] });
const [grandchild] = client.tools;
if (grandchild === undefined) throw new Error('There is no such tool.');
const called = await testTool(grandchild).call({});
console.log(/^\d+$/m.exec('content' in called ? called.content : '')?.[0]);
