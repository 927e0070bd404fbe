import { Agent, OpenAIChatCompletionsModel, Runner, tool } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';

export async function ask({ baseURL, prompt, isStreamed, tools, signal }) {
  const agent = new Agent({
    name: 'assistant',
    model: new OpenAIChatCompletionsModel(new OpenAI({ baseURL, apiKey: 'none' }), 'any'),
    tools: tools.map(({ name, description, input, execute }) =>
      tool({ name, description, parameters: input(z), execute: async (given) => execute(given) }),
    ),
  });
  // Tracing would send to OpenAI.
  const runner = new Runner({ tracingDisabled: true });
  const result = await runner.run(agent, prompt, { signal, stream: isStreamed });
  if (isStreamed) {
    for await (const _ of result);
    await result.completed;
  }
  return { text: result.finalOutput ?? '' };
}
