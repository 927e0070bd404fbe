import { type Tool, tool } from '@pawl/core';
import { z } from 'zod';

/** A tool that always works. */
export const weather: Tool<unknown> = tool({
  name: 'get_weather',
  description: 'The weather in a city.',
  input: z.object({ city: z.string() }),
  effect: 'read',
  execute: ({ city }) => `Rain in ${city}.`,
});
