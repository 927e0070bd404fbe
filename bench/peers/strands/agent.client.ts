import { Agent, tool } from '@strands-agents/sdk';
import { OpenAIModel } from '@strands-agents/sdk/models/openai';
import { z } from 'zod';
import { type Contestant, MODEL, SYSTEM, workTools } from '../../compare/work.ts';

export const connect: Contestant['connect'] = (setup) => {
  const clientConfig = { baseURL: setup.baseURL };
  const model = new OpenAIModel({ api: 'chat', modelId: MODEL, apiKey: 'key', clientConfig });
  const tools = workTools(z, setup).map(({ name, description, schema, execute }) => {
    return tool({ name, description, inputSchema: schema, callback: execute });
  });
  // An agent holds its conversation.
  const agent = () => new Agent({ model, tools, systemPrompt: SYSTEM, printer: false });
  return {
    run: async (prompt) => textOf(await agent().invoke(prompt)),
    async stream(prompt, onText) {
      const events = agent().stream(prompt);
      for (;;) {
        const { done, value } = await events.next();
        if (done) return textOf(value);
        const { type, delta } = value.type === 'modelStreamUpdateEvent' ? value.event : value;
        if (type === 'modelContentBlockDeltaEvent' && delta.type === 'textDelta') onText(delta.text);
      }
    },
  };
};

function textOf({ lastMessage }): string {
  return lastMessage.content.map(({ text = '' }) => text).join('');
}
