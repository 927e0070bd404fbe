import { Agent, type Clock, openai, tool } from '@pawl/core';
import { z } from 'zod';
import type { Framework } from './framework.ts';

/** Creates Pawl's adapter, with defaults. Tests pass a clock without real pauses. */
export function createPawl(options: { readonly clock?: Clock } = {}): Framework {
  return {
    async ask({ baseURL, prompt, isStreamed, tools, signal }) {
      const agent = new Agent({
        ...options,
        model: openai('any', { baseURL, apiKey: 'none' }),
        tools: tools.map(({ name, description, input, execute }) =>
          tool({ name, description, input: input(z), execute }),
        ),
      });
      const { text } = await agent.run(prompt, { stream: isStreamed, signal });
      return { text };
    },
  };
}
