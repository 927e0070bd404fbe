import { expect, test } from 'vitest';
import * as facts from '../../../../test/loop/facts.ts';
import type { JournalEvent, ToolFailedEvent } from '../event/journal-event.ts';
import { decide } from './decide.ts';

const { asked, call, failed, finished, policy, replied, stateAfter } = facts;

const STUCK =
  'You called look_up 3 times with the same arguments, and it failed each time. Do not repeat it: do something else, or answer with what you have.';

test('three failures of the same call in a row are told to the model; one more ends the run', () => {
  const three = [...turn(1, ['Oslo']), ...turn(2, ['Oslo']), ...turn(3, ['Oslo'])];
  expect(decide(stateAfter(...three.slice(0, 4)), policy()).type).toBe('call-model');
  const fact = {
    type: 'tool.repeated_failure',
    turn: 3,
    tool: 'look_up',
    count: 3,
    message: { role: 'user', content: STUCK },
  };
  expect(decide(stateAfter(...three), policy())).toEqual({ type: 'tell', step: 'repeated_failure:3', fact });
  const told = [...three, stuck(3, 3)];
  const state = stateAfter(...told);
  expect(decide(state, policy())).toEqual({ type: 'call-model', turn: 4, history: state.history, final: false });
  expect(state.history.messages.at(-1)).toEqual(fact.message);
  expect(decide(stateAfter(...told, ...turn(4, ['Oslo'])), policy())).toMatchObject({
    type: 'finish',
    conclusion: {
      status: 'failed',
      error: {
        name: 'RepeatedToolFailureError',
        code: 'tool.repeated_failure',
        message:
          'The model called tool "look_up" 4 times with the same arguments, and it failed each time, also after it was told.',
      },
      attempts: [],
    },
  });
});

test.each([
  ['two a turn', [turn(1, ['Oslo', 'Oslo']), turn(2, ['Oslo', 'Oslo'])], 4],
  ['five at once', [turn(1, ['Oslo', 'Oslo', 'Oslo', 'Oslo', 'Oslo'])], 5],
] as const)(
  'the model has one more try after it was told, however many failures came at once: %s',
  (_, known, count) => {
    const before = known.flat();
    const last = known.length;
    expect(decide(stateAfter(...before), policy())).toMatchObject({
      type: 'tell',
      fact: { type: 'tool.repeated_failure', count },
    });
    const told = [...before, stuck(last, count)];
    expect(decide(stateAfter(...told), policy()).type).toBe('call-model');
    expect(decide(stateAfter(...told, ...turn(last + 1, ['Bergen'])), policy()).type).toBe('call-model');
    expect(decide(stateAfter(...told, ...turn(last + 1, ['Oslo'])), policy()).type).toBe('finish');
  },
);

test.each([
  ['other arguments', (): ToolFailedEvent => wrong('Bergen', { turn: 3 })],
  ['another tool', (): ToolFailedEvent => failed(call('c', { name: 'find', text: '{"city":"Oslo"}' }), { turn: 3 })],
  ['arguments that did not pass', (): ToolFailedEvent => ({ ...wrong('Oslo', { turn: 3 }), reason: 'invalid' })],
])('a failure with %s is not the same call again', (_, third) => {
  const answer = third();
  const known = [...turn(1, ['Oslo']), ...turn(2, ['Oslo']), replied(asked(called(answer)), { turn: 3 }), answer];
  expect(decide(stateAfter(...known), policy()).type).toBe('call-model');
});

test('the same arguments are the same in any order of their keys', () => {
  const texts = ['{"a":1,"b":{"c":2,"d":3}}', '{ "b": {"d":3,"c":2}, "a": 1 }', '{"b":{"c":2,"d":3},"a":1}'];
  const known = texts.flatMap((text, index) => {
    const each = call('c', { text });
    return [replied(asked(each), { turn: index + 1 }), failed(each, { turn: index + 1 })];
  });
  expect(decide(stateAfter(...known), policy()).type).toBe('tell');
});

test('a call that works once starts over', () => {
  const again = call('c', { text: JSON.stringify({ city: 'Oslo' }) });
  const works = [replied(asked(again), { turn: 3 }), finished(again, { turn: 3 })];
  const known = [...turn(1, ['Oslo']), ...turn(2, ['Oslo']), ...works, ...turn(4, ['Oslo']), ...turn(5, ['Oslo'])];
  expect(decide(stateAfter(...known), policy()).type).toBe('call-model');
});

test('other work between them does not make the same failures others', () => {
  const between = call('c', { name: 'find' });
  const works = [replied(asked(between), { turn: 3 }), finished(between, { turn: 3 })];
  const known = [...turn(1, ['Oslo']), ...turn(2, ['Oslo']), ...works, ...turn(4, ['Oslo'])];
  expect(decide(stateAfter(...known), policy()).type).toBe('tell');
});

test('time-outs are failures like any other', () => {
  const slow = (number: number): readonly JournalEvent[] =>
    turn(number, ['Oslo']).map((fact) => (fact.type === 'tool.failed' ? { ...fact, reason: 'timeout' } : fact));
  expect(decide(stateAfter(...slow(1), ...slow(2), ...slow(3)), policy()).type).toBe('tell');
});

test('one word to the model stands for all calls of a tool that are stuck alike', () => {
  const both = [1, 2, 3].flatMap((number) => turn(number, ['Oslo', 'Bergen']));
  expect(decide(stateAfter(...both), policy()).type).toBe('tell');
  expect(decide(stateAfter(...both, stuck(3, 3)), policy()).type).toBe('call-model');
});

/** A turn of calls for these cities, all of which fail. */
function turn(number: number, cities: readonly string[]): readonly JournalEvent[] {
  const answers = cities.map((city, index) => wrong(city, { turn: number, index }));
  return [replied(asked(...answers.map(called)), { turn: number }), ...answers];
}

function wrong(city: string, position: { readonly turn: number; readonly index?: number }): ToolFailedEvent {
  return failed(call(`c${position.index ?? 0}`, { text: JSON.stringify({ city }) }), position);
}

function called({ call: each }: ToolFailedEvent) {
  if (each.type === 'custom') throw new Error('These calls are of functions.');
  return each;
}

function stuck(number: number, count: number): JournalEvent {
  const message = { role: 'user' as const, content: STUCK };
  return { type: 'tool.repeated_failure', turn: number, tool: 'look_up', count, message, at: 0, activeMs: 0 };
}
