import { z } from 'zod';

/** What a contestant does for one conversation. */
export interface Contestant {
  /** A conversation with one tool call: two requests, unstreamed. */
  ask(): Promise<string>;
  /** One streamed reply; each piece of text is handed on. */
  stream(onText: (delta: string) => void): Promise<string>;
}

export interface Setup {
  /** Without a path of its own: the contestant adds `/chat/completions`. */
  readonly baseURL: string;
  readonly toolCount: number;
}

export const PROMPT = 'Will it rain in Oslo?';
export const SYSTEM = 'You are a helpful assistant. Use the tools.';

export const input: z.ZodObject<{ city: z.ZodString; days: z.ZodNumber; unit: z.ZodOptional<z.ZodString> }> = z.object({
  city: z.string().describe('The city to look at.'),
  days: z.number().describe('How many days to look ahead.'),
  unit: z.string().optional().describe('celsius or fahrenheit'),
});

export const toolName = (index: number): string => `tool_${index}`;
export const description = 'Gives the forecast of the weather for a city, for some days from today on.';
export const execute = ({ city, days }: { readonly city: string; readonly days: number }): string =>
  `${city}: rain for ${days} days`;
