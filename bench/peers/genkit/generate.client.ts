import openAICompatible from '@genkit-ai/compat-oai';
import { genkit, z } from 'genkit';
import { disableGenkitOTelInitialization } from 'genkit/tracing';
import { type Contestant, MODEL, SYSTEM, workTools } from '../../compare/work.ts';

disableGenkitOTelInitialization();

export const connect: Contestant['connect'] = (setup) => {
  const { baseURL, maxTurns } = setup;
  const ai = genkit({ plugins: [openAICompatible({ name: 'bench', apiKey: 'key', baseURL })] });
  const tools = workTools(z, setup).map(({ name, description, schema, execute }) => {
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
