// A model of the AI SDK: here Anthropic's Messages, played by a function in place of a server. What the model thought goes back to it, signed.
import { createAnthropic } from '@ai-sdk/anthropic';
import { fromAiSdk } from '@pawl/ai-sdk';
import { Agent, tool } from '@pawl/core';
import { z } from 'zod';

const thinking = { type: 'thinking', thinking: 'I need the weather.', signature: 'EqQBCkYIAxgC' };
const call = { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } };
const turns = [[thinking, call], [{ type: 'text', text: 'It is 4 degrees in Oslo.' }]];
const sent: string[] = [];

async function playServer(_: unknown, init?: { readonly body?: unknown }): Promise<Response> {
  const content = turns[sent.push(String(init?.body)) - 1];
  const usage = { input_tokens: 20, output_tokens: 9 };
  const stop_reason = sent.length === 1 ? 'tool_use' : 'end_turn';
  return Response.json({
    type: 'message',
    id: 'msg_1',
    model: 'claude',
    role: 'assistant',
    content,
    stop_reason,
    usage,
  });
}

const anthropic = createAnthropic({ apiKey: 'none', fetch: playServer });
const providerOptions = { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } };
const model = fromAiSdk(anthropic('claude-sonnet-4-5'), { providerOptions });

const getWeather = tool({
  name: 'get_weather',
  description: 'Tells the weather of a city.',
  input: z.object({ city: z.string() }),
  effect: 'read',
  execute: ({ city }) => `${city}: 4 degrees`,
});

const { text, messages, usage } = await new Agent({ model, tools: [getWeather] }).run('How is the weather in Oslo?');
const [, thought] = messages;
console.log(text);
console.log(`It thought: ${thought?.role === 'assistant' ? thought.reasoning_content : ''}`);
console.log(`The signature went back: ${sent[1]?.includes('EqQBCkYIAxgC')}`);
console.log(`${usage.inputTokens} tokens of input`);
