// OpenAI's Responses, played by a function in place of the server. It keeps nothing: the model's reasoning comes back encrypted, and goes back with the next request.
import { Agent, tool } from '@pawl/core';
import { openaiResponses } from '@pawl/responses';
import { z } from 'zod';

const reasoning = {
  type: 'reasoning',
  id: 'rs_1',
  summary: [{ type: 'summary_text', text: 'I need the weather.' }],
  encrypted_content: 'gAAAAABpc2VjcmV0',
};
const call = { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}' };
const content = [{ type: 'output_text', text: 'It is 4 degrees in Oslo.', annotations: [] }];
const turns = [[reasoning, call], [{ type: 'message', role: 'assistant', status: 'completed', content }]];
const sent: string[] = [];

async function playServer(_: unknown, init?: { readonly body?: unknown }): Promise<Response> {
  const text = await new Response(init?.body as ReadableStream).text(); // The body that the model sends.
  const output = turns[sent.push(text) - 1];
  const usage = { input_tokens: 20, output_tokens: 9, output_tokens_details: { reasoning_tokens: 4 } };
  return Response.json({ id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-5', output, usage });
}

const model = openaiResponses('gpt-5', { apiKey: 'none', reasoningSummary: 'auto', fetch: playServer });

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
console.log(`The reasoning went back: ${sent[1]?.includes('gAAAAABpc2VjcmV0')}`);
console.log(`${usage.reasoningTokens} tokens of reasoning`);
