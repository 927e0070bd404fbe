import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { Agent, createTool } from '@voltagent/core';
import { z } from 'zod';
import { type ContestantModule, createWorkTools, MODEL, SYSTEM } from '../../compare/work.ts';

export const connect: ContestantModule['connect'] = (setup) => {
  const { baseURL, maxTurns } = setup;
  const server = createOpenAICompatible({ name: 'bench', apiKey: 'key', baseURL, includeUsage: true });
  const agent = new Agent({
    name: 'assistant',
    instructions: SYSTEM,
    memory: false,
    maxSteps: maxTurns,
    model: server.chatModel(MODEL),
    tools: createWorkTools(z, setup).map(({ schema, ...rest }) => createTool({ ...rest, parameters: schema })),
  });
  return {
    run: async (prompt) => (await agent.generateText(prompt)).text,
    async stream(prompt, onText) {
      const result = await agent.streamText(prompt);
      for await (const part of result.fullStream) {
        if (part.type === 'error') throw part.error;
        if (part.type === 'text-delta') onText(part.text ?? part.delta);
      }
      return result.text;
    },
  };
};
