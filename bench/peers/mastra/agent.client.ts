import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import { z } from 'zod';
import { type ContestantModule, createWorkTools, MODEL, SYSTEM } from '../../compare/work.ts';

export const connect: ContestantModule['connect'] = (setup) => {
  const tools = createWorkTools(z, setup).map(({ name, description, schema, execute }) => {
    return [name, createTool({ id: name, description, inputSchema: schema, execute })];
  });
  const agent = new Agent({
    id: 'assistant',
    name: 'assistant',
    instructions: SYSTEM,
    model: { id: `bench/${MODEL}`, url: setup.baseURL, apiKey: 'key' },
    tools: Object.fromEntries(tools),
  });
  const options = { maxSteps: setup.maxTurns };
  return {
    run: async (prompt) => (await agent.generate(prompt, options)).text,
    async stream(prompt, onText) {
      const output = await agent.stream(prompt, options);
      for await (const { type, payload } of output.fullStream) if (type === 'text-delta') onText(payload.text);
      return output.text;
    },
  };
};
