import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent } from 'langchain';

export async function ask({ baseURL, prompt, servers, signal }) {
  const client = new MultiServerMCPClient({
    mcpServers: Object.fromEntries(
      servers.map(({ name, url, headers, command, args, env }) => [
        name,
        url === undefined ? { transport: 'stdio', command, args, env } : { transport: 'http', url, headers },
      ]),
    ),
  });
  try {
    const agent = createAgent({
      model: new ChatOpenAI({ model: 'any', apiKey: 'none', configuration: { baseURL } }),
      tools: await client.getTools(),
    });
    const { messages } = await agent.invoke({ messages: [{ role: 'user', content: prompt }] }, { signal });
    return { text: messages.at(-1).text };
  } finally {
    await client.close();
  }
}
