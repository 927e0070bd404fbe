import { Agent, MCPServerStdio, MCPServerStreamableHttp, OpenAIChatCompletionsModel, Runner } from '@openai/agents';
import OpenAI from 'openai';

export async function ask({ baseURL, prompt, servers, signal }) {
  const mcpServers = servers.map(({ name, url, headers, command, args, env }) =>
    url === undefined
      ? new MCPServerStdio({ name, command, args, env })
      : new MCPServerStreamableHttp({ name, url, requestInit: { headers } }),
  );
  try {
    for (const server of mcpServers) await server.connect();
    const agent = new Agent({
      name: 'assistant',
      model: new OpenAIChatCompletionsModel(new OpenAI({ baseURL, apiKey: 'none' }), 'any'),
      mcpServers,
    });
    // Tracing would send to OpenAI.
    const result = await new Runner({ tracingDisabled: true }).run(agent, prompt, { signal });
    return { text: result.finalOutput ?? '' };
  } finally {
    for (const server of mcpServers) await server.close();
  }
}
