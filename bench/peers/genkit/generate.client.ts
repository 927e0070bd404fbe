import openAICompatible from '@genkit-ai/compat-oai';
import { genkit, z } from 'genkit';
import { disableGenkitOTelInitialization } from 'genkit/tracing';
import { type ContestantModule, createWorkTools, MODEL, SYSTEM } from '../../compare/work.ts';

disableGenkitOTelInitialization();

export const connect: ContestantModule['connect'] = (setup) => {
  const { baseURL, maxTurns } = setup;
  const ai = genkit({ plugins: [openAICompatible({ name: 'bench', apiKey: 'key', baseURL })] });
  const tools = createWorkTools(z, setup).map(({ name, description, schema, execute }) => {
    return ai.defineTool({ name, description, inputSchema: schema, outputSchema: z.string() }, execute);
  });
  const common = { model: `bench/${MODEL}`, system: SYSTEM, tools, maxTurns };
  return {
    run: async (prompt) => (await ai.generate({ ...common, prompt })).text,
    async stream(prompt, onText) {
      const { stream, response } = ai.generateStream({ ...common, prompt });
      for await (const { text } of stream) if (text) onText(text);
      return (await response).text;
    },
  };
};
