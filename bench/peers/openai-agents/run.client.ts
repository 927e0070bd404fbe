import { Agent, OpenAIChatCompletionsModel, Runner, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';
import { type ContestantModule, createWorkTools, MODEL, SYSTEM } from '../../compare/work.ts';

setTracingDisabled(true);

export const connect: ContestantModule['connect'] = (setup) => {
  const { baseURL, maxTurns } = setup;
  const agent = new Agent({
    name: 'assistant',
    instructions: SYSTEM,
    model: new OpenAIChatCompletionsModel(new OpenAI({ baseURL, apiKey: 'key' }), MODEL),
    tools: createWorkTools(z, setup).map(({ schema, ...rest }) => tool({ ...rest, parameters: schema })),
  });
  const runner = new Runner({ tracingDisabled: true });
  return {
    run: async (prompt) => (await runner.run(agent, prompt, { maxTurns })).finalOutput,
    async stream(prompt, onText) {
      const result = await runner.run(agent, prompt, { maxTurns, stream: true });
      for await (const { type, data } of result) {
        if (type === 'raw_model_stream_event' && data.type === 'output_text_delta') onText(data.delta);
      }
      await result.completed;
      return result.finalOutput;
    },
  };
};
