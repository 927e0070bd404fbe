import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import { z } from 'zod';

export async function ask({ baseURL, prompt, isStreamed, tools, signal }) {
  const agent = new Agent({
    id: 'assistant',
    name: 'assistant',
    instructions: 'You answer questions.',
    model: { id: 'any/any', url: baseURL, apiKey: 'none' },
    tools: Object.fromEntries(
      tools.map(({ name, description, input, execute }) => [
        name,
        createTool({ id: name, description, inputSchema: input(z), execute: async (given) => execute(given) }),
      ]),
    ),
  });
  if (!isStreamed) {
    const { text, finishReason } = await agent.generate(prompt, { abortSignal: signal });
    return { text, finish: finishReason };
  }
  const output = await agent.stream(prompt, { abortSignal: signal });
  for await (const chunk of output.fullStream) if (chunk.type === 'error') throw chunk.payload.error;
  return { text: await output.text, finish: await output.finishReason };
}
