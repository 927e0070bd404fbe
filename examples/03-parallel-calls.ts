// Calls of one turn run in parallel, at most maxParallelToolCalls at once; an exclusive tool runs alone.
// The results are in the order of the model's calls, whichever call finishes first.
import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

let running = 0;
let most = 0;
const look = tool({
  name: 'look_up',
  description: 'Looks up a word.',
  input: z.object({ word: z.string() }),
  effect: 'read',
  execute: async ({ word }) => {
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, word.length)); // Longer words take longer.
    running--;
    return `${word} has ${word.length} letters`;
  },
});

const words = ['ratchet', 'pawl', 'cog', 'escapement'];
const model = scriptedModel([
  respond.calls(words.map((word) => ({ name: 'look_up', arguments: { word } }))),
  respond.text('Done.'),
]);

const { messages } = await new Agent({ model, tools: [look], maxParallelToolCalls: 3 }).run(
  'How long are these words?',
);
for (const message of messages) if (message.role === 'tool') console.log(message.content);
console.log(`at most ${most} at once`);
