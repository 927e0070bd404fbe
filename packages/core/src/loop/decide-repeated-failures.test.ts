import { expect, test } from 'vitest';
import * as events from '../../../../test/loop/journal-events.ts';
import type { JournalEvent, ToolFailedEvent } from '../event/journal-event.ts';
import { decide } from './decide.ts';

const { createCallMessage, createCall, createFailed, createFinished, createPolicy, createResponse, applyEvents } =
  events;

const STUCK =
  'You called look_up 3 times with the same arguments, and it failed each time. Do not repeat it. Do something else, or answer with what you have.';

test('warns the model after three failures of the same call in a row, and ends the run after one more', () => {
  const three = [...turn(1, ['Oslo']), ...turn(2, ['Oslo']), ...turn(3, ['Oslo'])];
  expect(decide(applyEvents(...three.slice(0, 4)), createPolicy()).type).toBe('call-model');
  const event = {
    type: 'tool.repeated_failure',
    turn: 3,
    tool: 'look_up',
    count: 3,
    message: { role: 'user', content: STUCK },
  };
  expect(decide(applyEvents(...three), createPolicy())).toEqual({
    type: 'record-event',
    step: 'repeated_failure:3',
    event,
  });
  const received = [...three, stuck(3, 3)];
  const state = applyEvents(...received);
  expect(decide(state, createPolicy())).toEqual({ type: 'call-model', turn: 4, history: state.history, isLast: false });
  expect(state.history.messages.at(-1)).toEqual(event.message);
  expect(decide(applyEvents(...received, ...turn(4, ['Oslo'])), createPolicy())).toMatchObject({
    type: 'finish',
    conclusion: {
      status: 'failed',
      error: {
        name: 'RepeatedToolFailureError',
        code: 'tool.repeated_failure',
        message:
          'The model called tool "look_up" 4 times with the same arguments, and it failed each time, even after a warning.',
      },
      attempts: [],
    },
  });
});

test.each([
  ['two a turn', [turn(1, ['Oslo', 'Oslo']), turn(2, ['Oslo', 'Oslo'])], 4],
  ['five at once', [turn(1, ['Oslo', 'Oslo', 'Oslo', 'Oslo', 'Oslo'])], 5],
] as const)(
  'allows one more attempt after the warning, regardless of how many failures came at once: %s',
  (_, known, count) => {
    const before = known.flat();
    const last = known.length;
    expect(decide(applyEvents(...before), createPolicy())).toMatchObject({
      type: 'record-event',
      event: { type: 'tool.repeated_failure', count },
    });
    const received = [...before, stuck(last, count)];
    expect(decide(applyEvents(...received), createPolicy()).type).toBe('call-model');
    expect(decide(applyEvents(...received, ...turn(last + 1, ['Bergen'])), createPolicy()).type).toBe('call-model');
    expect(decide(applyEvents(...received, ...turn(last + 1, ['Oslo'])), createPolicy()).type).toBe('finish');
  },
);

test.each([
  ['other arguments', (): ToolFailedEvent => wrong('Bergen', { turn: 3 })],
  [
    'another tool',
    (): ToolFailedEvent => createFailed(createCall('c', { name: 'find', text: '{"city":"Oslo"}' }), { turn: 3 }),
  ],
  ['arguments that did not pass', (): ToolFailedEvent => ({ ...wrong('Oslo', { turn: 3 }), reason: 'invalid' })],
])('does not count a failure with %s as the same call', (_, third) => {
  const answer = third();
  const known = [
    ...turn(1, ['Oslo']),
    ...turn(2, ['Oslo']),
    createResponse(createCallMessage(called(answer)), { turn: 3 }),
    answer,
  ];
  expect(decide(applyEvents(...known), createPolicy()).type).toBe('call-model');
});

test('treats arguments as equal in any order of keys', () => {
  const texts = ['{"a":1,"b":{"c":2,"d":3}}', '{ "b": {"d":3,"c":2}, "a": 1 }', '{"b":{"c":2,"d":3},"a":1}'];
  const known = texts.flatMap((text, index) => {
    const each = createCall('c', { text });
    return [createResponse(createCallMessage(each), { turn: index + 1 }), createFailed(each, { turn: index + 1 })];
  });
  expect(decide(applyEvents(...known), createPolicy()).type).toBe('record-event');
});

test('resets the count when the call succeeds', () => {
  const again = createCall('c', { text: JSON.stringify({ city: 'Oslo' }) });
  const works = [createResponse(createCallMessage(again), { turn: 3 }), createFinished(again, { turn: 3 })];
  const known = [...turn(1, ['Oslo']), ...turn(2, ['Oslo']), ...works, ...turn(4, ['Oslo']), ...turn(5, ['Oslo'])];
  expect(decide(applyEvents(...known), createPolicy()).type).toBe('call-model');
});

test('counts failures of a call across other work between them', () => {
  const between = createCall('c', { name: 'find' });
  const works = [createResponse(createCallMessage(between), { turn: 3 }), createFinished(between, { turn: 3 })];
  const known = [...turn(1, ['Oslo']), ...turn(2, ['Oslo']), ...works, ...turn(4, ['Oslo'])];
  expect(decide(applyEvents(...known), createPolicy()).type).toBe('record-event');
});

test('counts timeouts as failures', () => {
  const slow = (number: number): readonly JournalEvent[] =>
    turn(number, ['Oslo']).map((event) => (event.type === 'tool.failed' ? { ...event, reason: 'timeout' } : event));
  expect(decide(applyEvents(...slow(1), ...slow(2), ...slow(3)), createPolicy()).type).toBe('record-event');
});

test('sends one warning for all repeated calls of a tool with the same count', () => {
  const both = [1, 2, 3].flatMap((number) => turn(number, ['Oslo', 'Bergen']));
  expect(decide(applyEvents(...both), createPolicy()).type).toBe('record-event');
  expect(decide(applyEvents(...both, stuck(3, 3)), createPolicy()).type).toBe('call-model');
});

/** A turn of calls for these cities, all of which fail. */
function turn(number: number, cities: readonly string[]): readonly JournalEvent[] {
  const answers = cities.map((city, index) => wrong(city, { turn: number, index }));
  return [createResponse(createCallMessage(...answers.map(called)), { turn: number }), ...answers];
}

function wrong(city: string, position: { readonly turn: number; readonly index?: number }): ToolFailedEvent {
  return createFailed(createCall(`c${position.index ?? 0}`, { text: JSON.stringify({ city }) }), position);
}

function called({ call: each }: ToolFailedEvent) {
  if (each.type === 'custom') throw new Error('These calls are of functions.');
  return each;
}

function stuck(number: number, count: number): JournalEvent {
  const message = { role: 'user' as const, content: STUCK };
  return { type: 'tool.repeated_failure', turn: number, tool: 'look_up', count, message, at: 0, activeMs: 0 };
}
