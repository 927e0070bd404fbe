import { tool } from '@pawl/core';
import { respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  call,
  createCalls,
  createOutcome,
  createResult,
  createText,
  createUserMessage,
  filterEvents,
  listRepairs,
  play,
  respondRaw,
} from './play.ts';
import { weather } from './weather.ts';

const clockTool = tool({ name: 'get_time', description: 'The time.', input: z.object({}), execute: () => 'Noon.' });
const WET = respond.text('Wet.');
const wet = { status: 'completed', output: 'Wet.', text: 'Wet.' } as const;

describe.each([{ stream: true }, { stream: false }])('retries of calls, stream: $stream', (run) => {
  test('B6: a call of an unknown tool gets the closest name and all names', async () => {
    const calls = respond.calls([{ name: 'getWether' }, { name: 'send_mail' }]);
    const { outcome } = await play([calls, WET], { run, agent: { tools: [weather, clockTool] } });

    const messages = [
      createCalls(call('call_1', 'getWether'), call('call_2', 'send_mail')),
      createResult(
        'call_1',
        'There is no tool "getWether". Did you mean "get_weather"? The tools are: get_weather, get_time.',
      ),
      createResult('call_2', 'There is no tool "send_mail". The tools are: get_weather, get_time.'),
      createText('Wet.'),
    ];
    expect(outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 2 }) });
  });

  test('B7: when the retries of a tool are used, the run fails with the tool and its last issue', async () => {
    const inputs = [{}, { city: 1 }, { city: true }];
    const script = inputs.map((input) => respond.call('get_weather', input));
    const { outcome } = await play(script, { run, agent: { tools: [weather] } });

    const issues = ['undefined', 'number', 'boolean'].map((got) => `city: expected string, got ${got}`);
    const messages = inputs.flatMap((input, index) => [
      createCalls(call(`call_${index + 1}`, 'get_weather', input)),
      createResult(`call_${index + 1}`, issues[index] ?? ''),
    ]);
    const issue = 'city: expected string, got boolean';
    const error = {
      name: 'InvalidToolInputError',
      code: 'tool.invalid_input',
      message: `The model's input for tool "get_weather" is still invalid after every retry (maxInputRetries: 2): ${issue}`,
      details: { tool: 'get_weather', issue },
      stack: expect.any(String),
    };
    expect(outcome).toEqual({
      status: 'failed',
      error,
      attempts: [],
      ...createOutcome(messages, { turnCount: 3, toolCallCount: 3 }),
    });
  });

  test('B7: a tool may allow no retry', async () => {
    const strict = { ...weather, maxInputRetries: 0 };
    const { outcome } = await play([respond.call('get_weather')], { run, agent: { tools: [strict] } });

    const issue = 'city: expected string, got undefined';
    const error = expect.objectContaining({ name: 'InvalidToolInputError', details: { tool: 'get_weather', issue } });
    const messages = [createCalls(call('call_1', 'get_weather')), createResult('call_1', issue)];
    expect(outcome).toEqual({
      status: 'failed',
      error,
      attempts: [],
      ...createOutcome(messages, { toolCallCount: 1 }),
    });
  });

  test('B8: the model reads about the third failure of the same call, and the fourth ends the run', async () => {
    const down = tool({
      name: 'look_up',
      description: 'Looks something up.',
      input: z.object({ a: z.number(), b: z.number() }),
      execute() {
        throw new Error('Down.');
      },
    });
    const inputs = [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      { a: 1, b: 2 },
      { a: 1, b: 2 },
    ];
    const script = inputs.map((input) => respond.call('look_up', input));
    const played = await play(script, { run, agent: { tools: [down] } });

    const turns = inputs.flatMap((input, index) => [
      createCalls(call(`call_${index + 1}`, 'look_up', input)),
      createResult(`call_${index + 1}`, '{"error":"Down."}'),
    ]);
    const stuck = createUserMessage(
      'You called look_up 3 times with the same arguments, and it failed each time. Do not repeat it. Do something else, or answer with what you have.',
    );
    const error = {
      name: 'RepeatedToolFailureError',
      code: 'tool.repeated_failure',
      message:
        'The model called tool "look_up" 4 times with the same arguments, and it failed each time, even after a warning.',
      stack: expect.any(String),
    };
    const messages = [...turns.slice(0, 6), stuck, ...turns.slice(6)];
    expect(played.outcome).toEqual({
      status: 'failed',
      error,
      attempts: [],
      ...createOutcome(messages, { turnCount: 4, toolCallCount: 4 }),
    });
    expect(
      filterEvents(played, 'tool.repeated_failure').map(({ tool, count, message }) => ({ tool, count, message })),
    ).toEqual([{ tool: 'look_up', count: 3, message: stuck }]);
  });

  test.each([
    { what: 'missing ids', ids: [{}, {}] },
    { what: 'empty ids', ids: [{ id: '' }, { id: '' }] },
    { what: 'the same id twice', ids: [{ id: 'c1' }, { id: 'c1' }] },
  ])('B9: calls with $what get unique ids, and results with these ids', async ({ ids }) => {
    const calls = ids.map((id, index) => {
      const input = JSON.stringify({ city: index === 0 ? 'Oslo' : 'Bergen' });
      return { ...id, type: 'function', function: { name: 'get_weather', arguments: input } };
    });
    const asking = respondRaw({ role: 'assistant', content: null, tool_calls: calls });
    const played = await play([asking, WET], { run, agent: { tools: [weather] } });

    const [first = '', second = ''] = filterEvents(played, 'tool.finished').map(({ call: { id } }) => id);
    expect([first !== '', second !== '', first !== second]).toEqual([true, true, true]);
    const messages = [
      createCalls(call(first, 'get_weather', { city: 'Oslo' }), call(second, 'get_weather', { city: 'Bergen' })),
      createResult(first, 'Rain in Oslo.'),
      createResult(second, 'Rain in Bergen.'),
      createText('Wet.'),
    ];
    expect(played.outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 2 }) });
    expect(listRepairs(played).some(({ path }) => path.endsWith('tool_calls[1].id'))).toBe(true);
  });

  test('B9: an id that an earlier turn has used is made unique', async () => {
    const again = respond.call('get_weather', { city: 'Oslo' }, { id: 'c1' });
    const played = await play([again, again, WET], { run, agent: { tools: [weather] } });

    const messages = ['c1', 'c1_2'].flatMap((id) => [
      createCalls(call(id, 'get_weather', { city: 'Oslo' })),
      createResult(id, 'Rain in Oslo.'),
    ]);
    expect(played.outcome).toEqual({
      ...wet,
      ...createOutcome([...messages, createText('Wet.')], { turnCount: 3, toolCallCount: 2 }),
    });
    expect(listRepairs(played).map(({ path }) => path)).toEqual([expect.stringMatching(/tool_calls\[0\]\.id$/)]);
  });
});
