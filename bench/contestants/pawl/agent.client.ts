import { Agent, openai, tool } from '@pawl/core';
import { z } from 'zod';
import { type ContestantModule, createWorkTools, MODEL, SYSTEM } from '../../compare/work.ts';

/** Uses Pawl like its users: one agent, one listener, and defaults. */
export const connect: ContestantModule['connect'] = (setup) => {
  const tools = createWorkTools(z, setup).map(({ schema, ...rest }) =>
    tool({ ...rest, input: schema, effect: 'read' }),
  );
  const limits = { turns: setup.maxTurns, toolCalls: setup.maxTurns * 4 };
  const model = openai(MODEL, { baseURL: setup.baseURL, apiKey: 'key' });
  const agent = new Agent({ model, instructions: SYSTEM, tools, limits });
  return {
    async run(prompt) {
      const run = agent.run(prompt);
      run.on('tool.finished', () => undefined);
      return (await run).output;
    },
    async stream(prompt, onText) {
      const run = agent.run(prompt);
      run.on('text.delta', ({ delta }) => onText(delta));
      return (await run).output;
    },
  };
};
