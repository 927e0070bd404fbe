import { Agent } from '@mastra/core/agent';
import { MCPClient } from '@mastra/mcp';

export async function ask({ baseURL, prompt, servers, signal }) {
  const client = new MCPClient({
    servers: Object.fromEntries(
      servers.map(({ name, url, headers, command, args, env }) => [
        name,
        url === undefined ? { command, args, env } : { url: new URL(url), requestInit: { headers } },
      ]),
    ),
  });
  try {
    const agent = new Agent({
      id: 'assistant',
      name: 'assistant',
      instructions: 'You answer questions.',
      model: { id: 'any/any', url: baseURL, apiKey: 'none' },
      tools: await client.listTools(),
    });
    const { text } = await agent.generate(prompt, { abortSignal: signal });
    return { text };
  } finally {
    await client.disconnect();
  }
}
