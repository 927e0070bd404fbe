import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ToolLoopAgent, tool } from 'ai';
import { z } from 'zod';

export async function ask({ baseURL, prompt, isStreamed, tools, signal }) {
  const agent = new ToolLoopAgent({
    model: createOpenAICompatible({ name: 'any', apiKey: 'none', baseURL }).chatModel('any'),
    tools: Object.fromEntries(
      tools.map(({ name, description, input, execute }) => [
        name,
        tool({ description, inputSchema: input(z), execute: async (given) => execute(given) }),
      ]),
    ),
  });
  if (!isStreamed) {
    const { text, finishReason } = await agent.generate({ prompt, abortSignal: signal });
    return { text, finish: finishReason };
  }
  const result = await agent.stream({ prompt, abortSignal: signal });
  // A part of the type `error` is how it tells of one while it streams.
  for await (const part of result.stream) if (part.type === 'error') throw part.error;
  return { text: await result.text, finish: await result.finishReason };
}
