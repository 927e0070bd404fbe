import { Agent, type Tool, tool } from '@pawl/core';
import type { Middleware } from '@pawl/core/middleware';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { useServer } from './use-server.ts';
import { weather } from './weather.ts';

test.each([
  ['functions.look_up', 'functions_look_up'],
  ['', 'unnamed'],
  ['get weather'.repeat(10), `${'get_weather'.repeat(5)}get_weath`],
])('changes a call name that servers reject, and continues the conversation: %j', async (name, sendable) => {
  const script = [respond.call(name, { city: 'Oslo' }), respond.text('Rain.')];
  const outcome = await useServer(script, (model) => new Agent({ model, tools: [weather] }).run('Oslo?').outcome());

  expect(outcome.status).toBe('completed');
  expect(outcome.messages[1]).toMatchObject({ tool_calls: [{ function: { name: sendable } }] });
  expect(checkHistory(outcome.messages)).toEqual([]);
});

test('returns an error for arguments nested too deeply', async () => {
  const anything = tool({
    name: 'keep',
    description: 'Keeps.',
    input: z.looseObject({}),
    execute: () => 'Kept.',
    needsApproval: () => false,
  });
  const deep = `${'{"in":'.repeat(50_000)}"[{"${'}'.repeat(50_000)}`;
  const wide = `{"in":${JSON.stringify('[{"\\'.repeat(1_000))}}`;
  const model = scriptedModel([respond.call('keep', deep), respond.call('keep', wide), respond.text('Done.')]);
  const { messages } = await new Agent({ model, tools: [anything] }).run('Keep it.');

  expect(messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []))).toEqual([
    'The arguments are nested too deeply. Use at most 500 levels.',
    'Kept.',
  ]);
});

test('sends and calls a wrapped tool under its new name', async () => {
  const forecast: Tool<unknown> = { ...weather, name: 'forecast', description: 'Tomorrow.' };
  const model = scriptedModel([respond.call('forecast', { city: 'Oslo' }), respond.text('Rain.')]);
  const { messages } = await new Agent({ model, tools: [weather, forecast] }).run('Tomorrow in Oslo?');

  expect(model.requests[0]?.tools).toEqual([
    { type: 'function', function: weather.functionObject },
    { type: 'function', function: { ...weather.functionObject, name: 'forecast', description: 'Tomorrow.' } },
  ]);
  expect(messages[2]).toMatchObject({ content: 'Rain in Oslo.' });
});

test.each([undefined, {}, { content: 5 }])(
  'a tool middleware that gives no result is a failed call: %j',
  async (given) => {
    const middleware = [{ wrapToolCall: async () => given } as unknown as Middleware];
    const model = scriptedModel([respond.call('get_weather', { city: 'Oslo' }), respond.text('It failed.')]);
    const { messages } = await new Agent({ model, tools: [weather], middleware }).run('Oslo?');

    const error = 'A tool middleware returned no result. Return the result of next(call), or { content: "…" }.';
    expect(messages[2]).toEqual({ role: 'tool', tool_call_id: 'call_1', content: JSON.stringify({ error }) });
  },
);
