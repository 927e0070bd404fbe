import { ai, ax, fn } from '@ax-llm/ax';
import { z } from 'zod';
import { type ContestantModule, createWorkTools, MODEL, SYSTEM } from '../../compare/work.ts';

const SIGNATURE = 'question:string -> answer:string';

export const connect: ContestantModule['connect'] = (setup) => {
  const model = ai({ name: 'openai-compatible', apiKey: 'key', apiURL: setup.baseURL, config: { model: MODEL } });
  const functions = createWorkTools(z, setup).map(({ name, description, schema, execute }) => {
    return fn(name).description(description).arg(schema).handler(execute).build();
  });
  const options = { functions, maxSteps: setup.maxTurns, description: SYSTEM };
  return {
    run: async (question) => (await ax(SIGNATURE, options).forward(model, { question }, { stream: false })).answer,
    async stream(question, onText) {
      let text = '';
      for await (const { delta } of ax(SIGNATURE, options).streamingForward(model, { question })) {
        if (!delta.answer) continue;
        text += delta.answer;
        onText(delta.answer);
      }
      return text;
    },
  };
};
