import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, isStepCount, streamText, tool } from 'ai';
import { z } from 'zod';
import { type ContestantModule, createWorkTools, MODEL, SYSTEM } from '../../compare/work.ts';

export const connect: ContestantModule['connect'] = (setup) => {
  const { baseURL, maxTurns } = setup;
  const server = createOpenAICompatible({ name: 'bench', apiKey: 'key', baseURL, includeUsage: true });
  const tools = createWorkTools(z, setup).map(({ name, description, schema, execute }) => {
    return [name, tool({ description, inputSchema: schema, execute })];
  });
  const common = {
    model: server.chatModel(MODEL),
    instructions: SYSTEM,
    tools: Object.fromEntries(tools),
    stopWhen: isStepCount(maxTurns),
  };
  return {
    run: async (prompt) => (await generateText({ ...common, prompt })).text,
    async stream(prompt, onText) {
      const result = streamText({ ...common, prompt });
      for await (const part of result.stream) {
        if (part.type === 'error') throw part.error;
        if (part.type === 'text-delta') onText(part.text);
      }
      return result.text;
    },
  };
};
