import { createMCPClient } from '@ai-sdk/mcp';
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ToolLoopAgent } from 'ai';

export async function ask({ baseURL, prompt, servers, signal }) {
  const clients = [];
  try {
    const tools = {};
    for (const { url, headers, ...command } of servers) {
      const transport = url === undefined ? new StdioMCPTransport(command) : { type: 'http', url, headers };
      const client = await createMCPClient({ transport });
      clients.push(client);
      Object.assign(tools, await client.tools());
    }
    const model = createOpenAICompatible({ name: 'any', apiKey: 'none', baseURL }).chatModel('any');
    const agent = new ToolLoopAgent({ model, tools });
    const { text } = await agent.generate({ prompt, abortSignal: signal });
    return { text };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}
