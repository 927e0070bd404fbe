import { Agent, tool } from '@strands-agents/sdk';
import { OpenAIModel } from '@strands-agents/sdk/models/openai';
import { z } from 'zod';
import { type ContestantModule, createWorkTools, MODEL, SYSTEM } from '../../compare/work.ts';

export const connect: ContestantModule['connect'] = (setup) => {
  const clientConfig = { baseURL: setup.baseURL };
  const model = new OpenAIModel({ api: 'chat', modelId: MODEL, apiKey: 'key', clientConfig });
  const tools = createWorkTools(z, setup).map(({ name, description, schema, execute }) => {
    return tool({ name, description, inputSchema: schema, callback: execute });
  });
  // An agent holds its conversation.
  const createAgent = () => new Agent({ model, tools, systemPrompt: SYSTEM, printer: false });
  return {
    run: async (prompt) => readText(await createAgent().invoke(prompt)),
    async stream(prompt, onText) {
      const events = createAgent().stream(prompt);
      for (;;) {
        const { done, value } = await events.next();
        if (done) return readText(value);
        const { type, delta } = value.type === 'modelStreamUpdateEvent' ? value.event : value;
        if (type === 'modelContentBlockDeltaEvent' && delta.type === 'textDelta') onText(delta.text);
      }
    },
  };
};

function readText({ lastMessage }): string {
  return lastMessage.content.map(({ text = '' }) => text).join('');
}
