// The documents are examples of the semantic conventions for generative AI (Apache-2.0), repository open-telemetry/semantic-conventions-genai:
// docs/gen-ai/non-normative/tests/cases and docs/gen-ai/non-normative/examples-llm-calls.md. Those that Chat Completions has no form for are left out.
import { Agent, type AgentOptions, type ChatModel, jsonSchema, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { telemetry } from '@pawl/otel';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { findSpan, recordSpans, useContextManager } from './record-spans.ts';

useContextManager();

const JOKE = 'Why did the developer bring OpenTelemetry to the party? Because it always knows how to trace the fun!';
const BOT = { role: 'system', content: 'You are a helpful bot' } as const;
const TELL = { role: 'user', content: 'Tell me a joke about OpenTelemetry' } as const;
const CALL_ID = 'call_VSPygqKTWdrhaFErNvMV18Yl';

/** The content of the spans of a run, by span and attribute. */
async function capture(
  input: readonly Message[],
  options: Pick<AgentOptions<unknown, unknown>, 'model' | 'tools' | 'instructions'>,
) {
  const { tracer, spans } = recordSpans();
  const instrumentation = telemetry({ tracer, content: 'attributes' });
  await new Agent({ ...options, instrumentation }).run(input);
  return (span: string, attribute: string): unknown => {
    const text = findSpan(spans(), span).attributes[attribute];
    return text === undefined ? undefined : JSON.parse(String(text));
  };
}

const INPUT = 'gen_ai.input.messages';
const OUTPUT = 'gen_ai.output.messages';
const INSTRUCTIONS = 'gen_ai.system_instructions';

const JOKE_MESSAGES = [
  { role: 'system', parts: [{ type: 'text', content: 'You are a helpful bot' }] },
  { role: 'user', parts: [{ type: 'text', content: 'Tell me a joke about OpenTelemetry' }] },
];

test('input-messages-text-messages and output-messages-assistant-text', async () => {
  const read = await capture([BOT, TELL], { model: scriptedModel([respond.text(JOKE)]) });
  expect(read('chat scripted', INPUT)).toEqual(JOKE_MESSAGES);
  expect(read('chat scripted', INSTRUCTIONS)).toBeUndefined();
  expect(read('chat scripted', OUTPUT)).toEqual([
    { role: 'assistant', parts: [{ type: 'text', content: JOKE }], finish_reason: 'stop' },
  ]);
});

test('system instructions along with chat history', async () => {
  const model = scriptedModel([respond.text("I'm sorry, but I can't assist with that")]);
  const read = await capture([BOT, TELL], { model, instructions: 'You must never tell jokes' });
  expect(read('chat scripted', INSTRUCTIONS)).toEqual([{ type: 'text', content: 'You must never tell jokes' }]);
  expect(read('chat scripted', INPUT)).toEqual(JOKE_MESSAGES);
});

test('chat completion with reasoning', async () => {
  const reasoning = 'Alright, the user wants a joke about OpenTelemetry.';
  const message = { role: 'assistant', content: JOKE, reasoning_content: reasoning } as const;
  const model: ChatModel = {
    name: 'gpt-4',
    // By hand: the published example has no usage and no id, which a scripted model would add.
    send: async () => ({ choices: [{ index: 0, message, finish_reason: 'stop' }] }),
  };
  const read = await capture([TELL], { model });
  expect(read('chat gpt-4', OUTPUT)).toMatchObject([
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: reasoning },
        { type: 'text', content: JOKE },
      ],
    },
  ]);
});

test('input-messages-tool-call-round-trip, tool-call-arguments-object, tool-call-result-object and tool-definitions', async () => {
  const parameters = {
    type: 'object',
    properties: { location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' } },
    required: ['location'],
  } as const;
  const description = 'Get the current weather in a given location';
  const weather = tool({
    name: 'get_weather',
    description,
    input: jsonSchema(parameters),
    effect: 'read',
    execute: () => ({ temperature: 57, unit: 'F', conditions: ['rainy'] }),
  });
  const history: readonly Message[] = [
    { role: 'user', content: "What's the weather in Paris?" },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: CALL_ID, type: 'function', function: { name: 'get_weather', arguments: '{"location":"Paris"}' } },
      ],
    },
    { role: 'tool', tool_call_id: CALL_ID, content: 'rainy, 57°F' },
    { role: 'user', content: 'And in celsius, for 3 days?' },
  ];
  const args = { location: 'Paris', unit: 'celsius', days: 3 };
  const model = scriptedModel([respond.call('get_weather', args), respond.text('Rainy.')]);
  const read = await capture(history, { model, tools: [weather] });
  expect(read('chat scripted', INPUT)).toEqual([
    { role: 'user', parts: [{ type: 'text', content: "What's the weather in Paris?" }] },
    {
      role: 'assistant',
      parts: [{ type: 'tool_call', id: CALL_ID, name: 'get_weather', arguments: { location: 'Paris' } }],
    },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: CALL_ID, response: 'rainy, 57°F' }] },
    { role: 'user', parts: [{ type: 'text', content: 'And in celsius, for 3 days?' }] },
  ]);
  expect(read('chat scripted', 'gen_ai.tool.definitions')).toMatchObject([
    { type: 'function', name: 'get_weather', description, parameters },
  ]);
  expect(read('execute_tool get_weather', 'gen_ai.tool.call.arguments')).toEqual(args);
  expect(read('execute_tool get_weather', 'gen_ai.tool.call.result')).toEqual({
    temperature: 57,
    unit: 'F',
    conditions: ['rainy'],
  });
});

test('multimodal inputs', async () => {
  const data = 'aGVsbG8gd29ybGQgaW1hZ2luZSB0aGlzIGlzIGFuIGltYWdlCg==';
  const content = [
    { type: 'text', text: 'What is in the attached data?' },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
    { type: 'input_audio', input_audio: { data, format: 'wav' } },
  ] as const;
  const read = await capture([{ role: 'user', content }], { model: scriptedModel([respond.text('An image.')]) });
  expect(read('chat scripted', INPUT)).toEqual([
    {
      role: 'user',
      parts: [
        { type: 'text', content: 'What is in the attached data?' },
        { type: 'blob', modality: 'image', mime_type: 'image/png', content: data },
        { type: 'blob', modality: 'audio', mime_type: 'audio/wav', content: data },
      ],
    },
  ]);
});
