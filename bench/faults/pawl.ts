import { Agent, type ChatModel, type Clock, openai, tool } from '@pawl/core';
import { z } from 'zod';
import type { Framework } from './framework.ts';

export interface PawlOptions {
  /** Tests pass a clock without real pauses. */
  readonly clock?: Clock;
  /** @defaultValue a model of `openai()` */
  readonly createModel?: (baseURL: string) => ChatModel;
}

/** Creates Pawl's adapter, with defaults. */
export function createPawl({ createModel = createOpenAI, ...options }: PawlOptions = {}): Framework {
  return {
    async ask({ baseURL, prompt, isStreamed, tools, signal }) {
      const agent = new Agent({
        ...options,
        model: createModel(baseURL),
        tools: tools.map(({ name, description, input, execute }) =>
          tool({ name, description, input: input(z), execute }),
        ),
      });
      const { text } = await agent.run(prompt, { stream: isStreamed, signal });
      return { text };
    },
  };
}

function createOpenAI(baseURL: string): ChatModel {
  return openai('any', { baseURL, apiKey: 'none' });
}
