import { Agent, tool } from '@pawl/core';
import { type TelemetryOptions, telemetry } from '@pawl/otel';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type FinishedSpan, findSpan, recordSpans, useContextManager } from './record-spans.ts';

useContextManager();

const weather = tool({
  name: 'get_weather',
  description: 'Tells the weather.',
  input: z.object({ location: z.string() }),
  effect: 'read',
  execute: () => 'rainy, 57°F',
});

/** The round trip of the conventions' example `input-messages-tool-call-round-trip`. */
async function trace(content: TelemetryOptions['content']): Promise<readonly FinishedSpan[]> {
  const { tracer, spans } = recordSpans();
  const call = respond.call('get_weather', { location: 'Paris' }, { id: 'call_VSPygqKTWdrhaFErNvMV18Yl' });
  const model = scriptedModel([call, respond.text('It rains.')]);
  const instrumentation = telemetry({ tracer, ...(content !== undefined && { content }) });
  const agent = new Agent({ model, tools: [weather], instructions: 'You are a helpful bot', instrumentation });
  await agent.run("What's the weather in Paris?");
  return spans();
}

function readJson(text: unknown): unknown {
  return JSON.parse(String(text));
}

test('captures no content by default', async () => {
  const text = JSON.stringify((await trace(undefined)).map(({ attributes, events }) => [attributes, events]));
  for (const secret of ['Paris', 'rainy', 'rains', 'helpful bot']) expect(text).not.toContain(secret);
});

test('captures messages as attributes in the form of the conventions', async () => {
  const spans = await trace('attributes');
  const chats = spans.filter(({ name }) => name === 'chat scripted');
  expect(readJson(chats[1]?.attributes['gen_ai.input.messages'])).toEqual([
    { role: 'user', parts: [{ type: 'text', content: "What's the weather in Paris?" }] },
    {
      role: 'assistant',
      parts: [
        {
          type: 'tool_call',
          id: 'call_VSPygqKTWdrhaFErNvMV18Yl',
          name: 'get_weather',
          arguments: { location: 'Paris' },
        },
      ],
    },
    {
      role: 'tool',
      parts: [{ type: 'tool_call_response', id: 'call_VSPygqKTWdrhaFErNvMV18Yl', response: 'rainy, 57°F' }],
    },
  ]);
  expect(readJson(chats[1]?.attributes['gen_ai.output.messages'])).toEqual([
    { role: 'assistant', parts: [{ type: 'text', content: 'It rains.' }], finish_reason: 'stop' },
  ]);
  expect(readJson(chats[0]?.attributes['gen_ai.system_instructions'])).toEqual([
    { type: 'text', content: 'You are a helpful bot' },
  ]);
  expect(readJson(chats[0]?.attributes['gen_ai.tool.definitions'])).toMatchObject([
    { type: 'function', name: 'get_weather', description: 'Tells the weather.', parameters: { type: 'object' } },
  ]);
  const called = findSpan(spans, 'execute_tool get_weather');
  expect(readJson(called.attributes['gen_ai.tool.call.arguments'])).toEqual({ location: 'Paris' });
  expect(called.attributes['gen_ai.tool.call.result']).toBe('rainy, 57°F');
});

test('captures messages as an event', async () => {
  const [chat] = (await trace('event')).filter(({ name }) => name === 'chat scripted');
  expect(chat?.attributes).not.toHaveProperty('gen_ai.input.messages');
  const [details] = chat?.events ?? [];
  expect(details?.name).toBe('gen_ai.client.inference.operation.details');
  expect(readJson(details?.attributes?.['gen_ai.input.messages'])).toMatchObject([{ role: 'user' }]);
});

test('lets a function change and leave out parts', async () => {
  const spans = await trace((part) => {
    if (part.type === 'tool_call_response') return undefined;
    return part.type === 'text' ? { ...part, content: part.content.replaceAll('Paris', '[city]') } : part;
  });
  const text = JSON.stringify(spans.map(({ attributes }) => attributes));
  expect(text).toContain("What's the weather in [city]?");
  expect(text).not.toContain('rainy');
  expect(findSpan(spans, 'execute_tool get_weather').attributes).not.toHaveProperty('gen_ai.tool.call.result');
});

test('leaves out content that a function fails on, and completes the run', async () => {
  const spans = await trace(() => {
    throw new Error('No redaction today.');
  });
  const text = JSON.stringify(spans.map(({ attributes }) => attributes));
  expect(text).not.toContain('Paris');
  expect(findSpan(spans, 'invoke_agent agent').attributes['pawl.outcome']).toBe('completed');
});

test('converts images, audio and files to parts', async () => {
  const { tracer, spans } = recordSpans();
  const model = scriptedModel([respond.text('Nice.')]);
  await new Agent({ model, instrumentation: telemetry({ tracer, content: 'attributes' }) }).run([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
        { type: 'input_audio', input_audio: { data: 'aGVsbG8=', format: 'wav' } },
        { type: 'file', file: { file_id: 'file_123' } },
      ],
    },
  ]);
  const [{ parts } = { parts: [] }] = readJson(
    findSpan(spans(), 'chat scripted').attributes['gen_ai.input.messages'],
  ) as readonly { readonly parts: unknown }[];
  expect(parts).toEqual([
    { type: 'text', content: 'What is this?' },
    { type: 'uri', modality: 'image', uri: 'https://example.com/a.png' },
    { type: 'blob', modality: 'image', mime_type: 'image/png', content: 'aGVsbG8=' },
    { type: 'blob', modality: 'audio', mime_type: 'audio/wav', content: 'aGVsbG8=' },
    { type: 'file', modality: 'document', file_id: 'file_123' },
  ]);
});
