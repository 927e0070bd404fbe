import { Agent, openai, tool } from '@pawl/core';
import { type Contestant, description, execute, input, PROMPT, type Setup, SYSTEM, toolName } from './work.ts';

/** As a user runs it: one agent, one listener, everything else at its default. */
export function pawl({ baseURL, toolCount }: Setup): Contestant {
  const tools = Array.from({ length: toolCount }, (_, index) =>
    tool({ name: toolName(index), description, input, effect: 'read', execute }),
  );
  const agent = new Agent({ model: openai('bench', { baseURL }), instructions: SYSTEM, tools });
  return {
    async ask() {
      const run = agent.run(PROMPT);
      run.on('tool.finished', () => undefined);
      return (await run).output;
    },
    async stream(onText) {
      const run = agent.run(PROMPT);
      run.on('model.text', ({ delta }) => onText(delta));
      return (await run).output;
    },
  };
}
