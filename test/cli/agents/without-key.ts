import { Agent, openai } from '@pawl/core';

/** The key of OpenAI is never sent to another vendor. */
export const agent = new Agent({
  name: 'keyless',
  model: openai('llama', { baseURL: 'https://api.groq.com/openai/v1' }),
});
