import { ChatOpenAI } from '@langchain/openai';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';
import { type ContestantModule, createWorkTools, MODEL, SYSTEM } from '../../compare/work.ts';

export const connect: ContestantModule['connect'] = (setup) => {
  const agent = createAgent({
    model: new ChatOpenAI({ model: MODEL, apiKey: 'key', configuration: { baseURL: setup.baseURL } }),
    systemPrompt: SYSTEM,
    tools: createWorkTools(z, setup).map(({ execute, ...rest }) => tool(execute, rest)),
  });
  const recursionLimit = 2 * setup.maxTurns + 1;
  const createInput = (content: string) => ({ messages: [{ role: 'user', content }] });
  return {
    run: async (prompt) => (await agent.invoke(createInput(prompt), { recursionLimit })).messages.at(-1).content,
    async stream(prompt, onText) {
      let text = '';
      for await (const [chunk] of await agent.stream(createInput(prompt), { recursionLimit, streamMode: 'messages' })) {
        if (chunk.type !== 'ai' || !chunk.content) continue;
        text += chunk.content;
        onText(chunk.content);
      }
      return text;
    },
  };
};
