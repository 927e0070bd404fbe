import { Agent, type AgentOptions, tool } from '@pawl/core';
import { manualClock, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

export const done: string[] = [];
const send = tool({
  name: 'send',
  description: 'Sends a letter.',
  input: z.object({ to: z.string() }),
  execute: ({ to }) => {
    done.push(to);
    return `sent to ${to}`;
  },
});

/** An agent with a tool that sends letters, recorded in `done`. */
export function createGuardedAgent(
  replies: readonly ScriptedModelResponse[],
  options: Partial<AgentOptions<unknown, string>>,
) {
  done.length = 0;
  const model = scriptedModel(replies);
  const clock = manualClock();
  const agent = new Agent({ model, clock, tools: [send], ...options });
  return { agent, model, clock };
}
