// A ChatModel has a name and responds to requests: here a few lines, elsewhere another service or a cache.
import { Agent, type ChatModel, tool } from '@pawl/core';
import { z } from 'zod';

const parrot: ChatModel = {
  name: 'parrot',
  async send({ messages, tools = [] }) {
    const last = messages.at(-1);
    const text = typeof last?.content === 'string' ? last.content : '';
    if (last?.role === 'tool' || tools.length === 0) {
      return { choices: [{ index: 0, message: { role: 'assistant', content: `${text}!` }, finish_reason: 'stop' }] };
    }
    const call = { name: 'shout', arguments: JSON.stringify({ text }) };
    const tool_calls = [{ id: 'call_1', type: 'function' as const, function: call }];
    return { choices: [{ index: 0, message: { role: 'assistant', tool_calls }, finish_reason: 'tool_calls' }] };
  },
};

const shout = tool({
  name: 'shout',
  description: 'Says it louder.',
  input: z.object({ text: z.string() }),
  effect: 'read',
  execute: ({ text }) => text.toUpperCase(),
});

const { output, usage } = await new Agent({ model: parrot, tools: [shout] }).run('hello there');
console.log(output, usage.estimated ? '(tokens estimated, since the parrot does not count)' : '');
