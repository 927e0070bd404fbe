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
  filterEvents,
  listRepairs,
  play,
  respondRaw,
} from './play.ts';
import { weather } from './weather.ts';

const WET = respond.text('Wet.');
const wet = { status: 'completed', output: 'Wet.', text: 'Wet.' } as const;

describe.each([{ stream: true }, { stream: false }])('arguments, stream: $stream', (run) => {
  test.each([
    { text: '{"city": Oslo}', problem: 'unexpected "O" at position 9' },
    { text: '{"city": "Oslo"', problem: 'unexpected end at position 15' },
    { text: '{"city": "Oslo"} or so', problem: 'unexpected "o" at position 17' },
    { text: "{'city': 'Oslo'}", problem: 'unexpected "\'" at position 1' },
  ])('B1: the model reads the position where $text stops being JSON', async ({ text, problem }) => {
    const played = await play([respond.call('get_weather', text), WET], { run, agent: { tools: [weather] } });

    const content = `The arguments are not valid JSON: ${problem}. Send one JSON object.`;
    const messages = [createCalls(call('call_1', 'get_weather')), createResult('call_1', content), createText('Wet.')];
    expect(played.outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }) });
    expect(filterEvents(played, 'tool.failed').map((event) => [event.reason, event.call])).toEqual([
      ['invalid', { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: text } }],
    ]);
  });

  test.each([
    { text: '{"city":"Oslo","days":1e400}', path: 'days' },
    { text: '{"city":"Oslo","trip":{"days":[1,-1e400]}}', path: 'trip.days[1]' },
    { text: '"{\\"days\\":1e400}"', path: 'days' },
  ])(
    'B1: the model reads where $text has a number that no double represents, which is not sent',
    async ({ text, path }) => {
      const played = await play([respond.call('get_weather', text), WET], { run, agent: { tools: [weather] } });

      const content = `${path}: the number is too large. Use at most 1.7976931348623157e308.`;
      const written = { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{}' } } as const;
      const messages = [createCalls(written), createResult('call_1', content), createText('Wet.')];
      expect(played.outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }) });
      expect(played.requests[1]?.messages.slice(1)).toEqual(messages.slice(0, 2));
    },
  );

  test('B3: the model reads about a number that no double represents, in arguments that are an object', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '@' } };
    const body = JSON.stringify({
      choices: [{ index: 0, message: { role: 'assistant', tool_calls: [call] }, finish_reason: 'tool_calls' }],
    });
    const asking = respond.body(body.replace('"@"', '{"city":"Oslo","days":1e400}'));
    const { outcome } = await play([asking, WET], { run, agent: { tools: [weather] } });

    const content = 'days: the number is too large. Use at most 1.7976931348623157e308.';
    expect(outcome.messages[2]).toEqual(createResult('c1', content));
  });

  test('B1: invalid JSON uses a retry of the tool, and a success resets the retries', async () => {
    const bad = respond.call('get_weather', '{');
    const good = respond.call('get_weather', { city: 'Oslo' });
    const { outcome } = await play([bad, bad, good, bad, bad, good, WET], { run, agent: { tools: [weather] } });

    const message = 'The arguments are not valid JSON: unexpected end at position 1. Send one JSON object.';
    const messages = [1, 2, 3, 4, 5, 6].flatMap((n) => {
      const id = `call_${n}`;
      if (n % 3 !== 0) return [createCalls(call(id, 'get_weather')), createResult(id, message)];
      return [createCalls(call(id, 'get_weather', { city: 'Oslo' })), createResult(id, 'Rain in Oslo.')];
    });
    expect(outcome).toEqual({
      ...wet,
      ...createOutcome([...messages, createText('Wet.')], { turnCount: 7, toolCallCount: 6 }),
    });
  });

  test.each([
    { what: 'empty arguments', written: { name: 'get_weather', arguments: '' } },
    { what: 'missing arguments', written: { name: 'get_weather' } },
    { what: 'arguments that are null', written: { name: 'get_weather', arguments: null } },
  ])('B2: $what are read as {} and validated', async ({ written }) => {
    const anywhere = tool({
      name: 'get_weather',
      description: 'The weather somewhere.',
      input: z.object({ city: z.string().default('Oslo') }),
      execute: ({ city }) => `Rain in ${city}.`,
    });
    const asking = respondRaw({ role: 'assistant', tool_calls: [{ id: 'c1', type: 'function', function: written }] });
    const passed = await play([asking, WET], { run, agent: { tools: [anywhere] } });
    const failed = await play([asking, WET], { run, agent: { tools: [weather] } });

    const asks = expect.objectContaining(createCalls(call('c1', 'get_weather')));
    const rain = [asks, createResult('c1', 'Rain in Oslo.'), createText('Wet.')];
    expect(passed.outcome).toEqual({ ...wet, ...createOutcome(rain, { turnCount: 2, toolCallCount: 1 }) });
    const issue = [asks, createResult('c1', 'city: expected string, got undefined'), createText('Wet.')];
    expect(failed.outcome).toEqual({ ...wet, ...createOutcome(issue, { turnCount: 2, toolCallCount: 1 }) });
  });

  test('B3: arguments that are an object are accepted, and the repair is reported', async () => {
    const written = { name: 'get_weather', arguments: { city: 'Oslo' } };
    const asking = respondRaw({
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: written }],
    });
    const played = await play([asking, WET], { run, agent: { tools: [weather] } });

    const messages = [
      createCalls(call('c1', 'get_weather', { city: 'Oslo' })),
      createResult('c1', 'Rain in Oslo.'),
      createText('Wet.'),
    ];
    expect(played.outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }) });
    expect(listRepairs(played)).toEqual([
      { path: expect.stringMatching(/tool_calls\[0\]\.function\.arguments$/), note: expect.stringContaining('object') },
    ]);
  });

  test('B4: the model reads one line per issue of its arguments, without the arguments themselves', async () => {
    const book = tool({
      name: 'book',
      description: 'Books a trip.',
      input: z.object({ city: z.string(), nights: z.int().min(1), guests: z.array(z.object({ age: z.number() })) }),
      execute: () => 'Booked.',
    });
    const input = { city: 7, nights: 0, guests: [{ age: 'old' }], note: 'x'.repeat(100) };
    const { outcome } = await play([respond.call('book', input), WET], { run, agent: { tools: [book] } });

    const issues = [
      'city: expected string, got number',
      'nights: expected number to be >=1, got 0',
      'guests[0].age: expected number, got string',
    ];
    const messages = [
      createCalls(call('call_1', 'book', input)),
      createResult('call_1', issues.join('\n')),
      createText('Wet.'),
    ];
    expect(outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }) });
  });

  test('B5: nulls for optional fields are removed, so that defaults apply', async () => {
    const inputs: unknown[] = [];
    const forecast = tool({
      name: 'forecast',
      description: 'What the weather will be.',
      input: z.object({
        city: z.string(),
        unit: z.string().optional(),
        days: z.int().default(3),
        station: z.string().nullable().optional(),
        place: z.object({ zip: z.string().optional() }).optional(),
      }),
      execute(input) {
        inputs.push(input);
        return 'Rain.';
      },
    });
    const input = { city: 'Oslo', unit: null, days: null, station: null, place: { zip: null } };
    const { outcome } = await play([respond.call('forecast', input), WET], { run, agent: { tools: [forecast] } });

    const messages = [
      createCalls(call('call_1', 'forecast', input)),
      createResult('call_1', 'Rain.'),
      createText('Wet.'),
    ];
    expect(outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }) });
    expect(inputs).toEqual([{ city: 'Oslo', days: 3, station: null, place: {} }]);
  });
});
