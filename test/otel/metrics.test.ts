import { Agent, openai, tool } from '@pawl/core';
import { telemetry } from '@pawl/otel';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startOfflineServer } from '../offline-server.ts';
import { recordSpans, SDKS, sumOf, useContextManager } from './record-spans.ts';

useContextManager();

const look = tool({ name: 'look', input: z.object({}), effect: 'read', execute: () => 'seen' });

describe.each(Object.entries(SDKS))('with %s', (_, record) => {
  test('counts the tokens of a run as its outcome does', async () => {
    const { tracer, meter, points } = record();
    const inner = new Agent({
      name: 'scout',
      model: scriptedModel([respond.call('look'), respond.text('Seen.')]),
      tools: [look],
    });
    const agent = new Agent({
      name: 'guide',
      model: scriptedModel([respond.call('ask_scout', { prompt: 'Look.' }), respond.text('It is there.')]),
      tools: [inner.asTool({ name: 'ask_scout', description: 'Asks.' })],
      instrumentation: telemetry({ tracer, meter }),
    });
    const { usage } = await agent.run('Go.');
    const all = await points();
    expect(sumOf(all, 'gen_ai.client.inference.usage.input_tokens')).toBe(usage.inputTokens);
    expect(sumOf(all, 'gen_ai.client.inference.usage.output_tokens')).toBe(usage.outputTokens);
    expect(sumOf(all, 'gen_ai.client.inference.operation.input_tokens')).toBe(usage.inputTokens);
    const calls = all.filter(({ name }) => name === 'gen_ai.invoke_agent.inference_calls');
    expect(calls.map(({ attributes, value }) => [attributes['gen_ai.agent.name'], value]).sort()).toEqual([
      ['guide', 2],
      ['scout', 2],
    ]);
    const tools = all.filter(({ name }) => name === 'gen_ai.execute_tool.duration');
    expect(tools.map(({ attributes }) => attributes['gen_ai.tool.name']).sort()).toEqual(['ask_scout', 'look']);
  });
});

test('uses the names, attributes and buckets of the conventions', async () => {
  const { tracer, meter, points } = recordSpans();
  const server = await startOfflineServer([respond.call('look'), respond.text('It is there.')]);
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, apiKey: 'test', profile: 'openai' });
  const agent = new Agent({ model, tools: [look], instrumentation: telemetry({ tracer, meter }) });
  await agent.run('Go.', { stream: true });
  const all = await points();
  expect([...new Set(all.map(({ name }) => name))].sort()).toEqual([
    'gen_ai.client.inference.duration',
    'gen_ai.client.inference.operation.input_tokens',
    'gen_ai.client.inference.operation.output_tokens',
    'gen_ai.client.inference.time_per_output_chunk',
    'gen_ai.client.inference.time_to_first_chunk',
    'gen_ai.client.inference.usage.input_tokens',
    'gen_ai.client.inference.usage.output_tokens',
    'gen_ai.execute_tool.duration',
    'gen_ai.invoke_agent.duration',
    'gen_ai.invoke_agent.inference_calls',
    'gen_ai.invoke_agent.tool_calls',
  ]);
  const find = (name: string) => all.find((point) => point.name === `gen_ai.${name}`);
  expect(find('client.inference.duration')?.attributes).toEqual({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-5-mini',
    'gen_ai.response.model': expect.any(String),
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(server.baseURL).port),
  });
  expect(find('client.inference.usage.input_tokens')?.attributes).toMatchObject({ 'gen_ai.token.modality': 'unknown' });
  expect(find('client.inference.duration')?.boundaries).toEqual([
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
  ]);
  expect(find('client.inference.operation.input_tokens')?.boundaries).toEqual([
    1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
  ]);
  expect(find('invoke_agent.duration')?.boundaries?.at(-1)).toBe(409.6);
  expect(find('invoke_agent.tool_calls')?.boundaries).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
});

test('measures failures by their status, with no tokens', async () => {
  const { tracer, meter, points } = recordSpans();
  const server = await startOfflineServer([respond.httpError(400)]);
  const model = openai('gpt-5-mini', { baseURL: server.baseURL, apiKey: 'test' });
  await new Agent({ model, instrumentation: telemetry({ tracer, meter }) }).run('Go.').outcome();
  const all = await points();
  const duration = all.find(({ name }) => name === 'gen_ai.client.inference.duration');
  expect(duration?.attributes['error.type']).toBe('400');
  const tokens = all.find(({ name }) => name === 'gen_ai.client.inference.usage.input_tokens');
  expect(tokens).toMatchObject({ value: 0, attributes: { 'gen_ai.token.modality': 'unknown' } });
  expect(tokens?.attributes).not.toHaveProperty('error.type');
});

test('does not label metrics with the tool names that a model makes up', async () => {
  const { tracer, meter, points } = recordSpans();
  const model = scriptedModel([respond.call('no_such_tool'), respond.text('Sorry.')]);
  await new Agent({ model, tools: [look], instrumentation: telemetry({ tracer, meter }) }).run('Go.');
  const duration = (await points()).find(({ name }) => name === 'gen_ai.execute_tool.duration');
  expect(duration?.attributes).toMatchObject({ 'gen_ai.tool.name': '_OTHER', 'error.type': 'unknown_tool' });
});

test('splits tokens by the modalities that a server counts', async () => {
  const { tracer, meter, points, spans } = recordSpans();
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 10,
    total_tokens: 110,
    prompt_tokens_details: { audio_tokens: 60, cached_tokens: 30 },
    completion_tokens_details: { reasoning_tokens: 4 },
  };
  const model = scriptedModel([respond.text('Heard.', { usage })]);
  await new Agent({ model, instrumentation: telemetry({ tracer, meter }) }).run('Listen.');
  const all = await points();
  const input = all.filter(({ name }) => name === 'gen_ai.client.inference.usage.input_tokens');
  expect(input.map(({ attributes, value }) => [attributes['gen_ai.token.modality'], value])).toEqual([
    ['audio', 60],
    ['unknown', 40],
  ]);
  expect(sumOf(all, 'gen_ai.client.inference.usage.cache_read.input_tokens')).toBe(30);
  expect(sumOf(all, 'gen_ai.client.inference.usage.reasoning.output_tokens')).toBe(4);
  expect(spans()[0]?.attributes).toMatchObject({
    'gen_ai.usage.audio.input_tokens': 60,
    'gen_ai.usage.cache_read.input_tokens': 30,
    'gen_ai.usage.reasoning.output_tokens': 4,
  });
});
