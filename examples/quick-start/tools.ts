import { type Tool, ToolError, tool } from '@pawl/core';
import { listFiles, readFile } from '@pawl/tools';
import { z } from 'zod';

/** Two custom tools and two ready-made ones, which can access only this folder. */
export const tools: readonly Tool<unknown>[] = [
  listFiles({ roots: import.meta.dirname }),
  readFile({ roots: import.meta.dirname }),
  tool({
    name: 'get_forecast',
    description: 'Weather forecast for a city.',
    input: z.object({
      city: z.string(),
      days: z.number().int().min(1).max(7),
      units: z.enum(['celsius', 'fahrenheit']).default('celsius'),
    }),
    effect: 'read',
    execute: ({ city, days, units }) => {
      const celsius = (city.length * 7) % 20;
      return {
        city,
        days,
        high: units === 'celsius' ? celsius : celsius * 1.8 + 32,
        sky: celsius > 9 ? 'sun' : 'rain',
      };
    },
  }),
  tool({
    name: 'convert_currency',
    description: 'Converts an amount of money from one currency to another.',
    input: z.object({ amount: z.number(), from: z.string().length(3), to: z.string().length(3) }),
    effect: 'read',
    execute: ({ amount, from, to }) => {
      const perEuro: Readonly<Record<string, number>> = { EUR: 1, NOK: 11.5, SEK: 11.2, USD: 1.1 };
      const [a, b] = [perEuro[from.toUpperCase()], perEuro[to.toUpperCase()]];
      if (a === undefined || b === undefined)
        throw new ToolError(`Known currencies: ${Object.keys(perEuro).join(', ')}.`);
      return { amount: Math.round((amount / a) * b * 100) / 100, currency: to };
    },
  }),
];
