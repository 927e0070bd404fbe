import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../base/json.ts';
import { createRememberedState, findOperations, foldStateChange, type StateRule } from './remembered-state.ts';

const RULES: Readonly<Record<string, StateRule>> = { notes: 'append', count: 'add', mood: 'last' };

/** Folds what parallel steps made of one state. */
function fold(before: JsonObject, ...results: readonly JsonObject[]) {
  const start = createRememberedState(before);
  const dropped: (readonly string[])[] = [];
  const state = results.reduce((current, after) => {
    const folded = foldStateChange(current, { base: start.version, operations: findOperations(before, after, RULES) });
    dropped.push(folded.conflicts);
    return folded.state;
  }, start);
  return { value: state.value, dropped };
}

describe('parallel changes of the state', () => {
  test('of different fields are kept', () => {
    expect(fold({ a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 3, c: 'new' })).toEqual({
      value: { a: 2, b: 3, c: 'new' },
      dropped: [[], []],
    });
  });

  test('are merged by rule', () => {
    const before = { notes: ['a'], count: 5, mood: 'calm' };
    const one = { notes: ['a', 'b'], count: 6, mood: 'glad' };
    const other = { notes: ['a', 'c', 'd'], count: 2, mood: 'sad' };
    expect(fold(before, one, other)).toEqual({
      value: { notes: ['a', 'b', 'c', 'd'], count: 3, mood: 'sad' },
      dropped: [[], []],
    });
  });

  test('are merged by rule if the field is new', () => {
    expect(fold({}, { notes: ['a'], count: 1 }, { notes: ['b'], count: 2 })).toEqual({
      value: { notes: ['a', 'b'], count: 3 },
      dropped: [[], []],
    });
  });

  test('of one field are refused as a whole without a rule', () => {
    expect(fold({ a: 1, count: 0 }, { a: 2, count: 1 }, { a: 3, count: 1, b: 1 })).toEqual({
      value: { a: 2, count: 1 },
      dropped: [[], ['a']],
    });
  });

  test('of one field to the same value are no conflict', () => {
    expect(fold({ a: 1 }, { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, {}, {})).toEqual({
      value: { a: { x: 1, y: 2 } },
      dropped: [[], [], ['a'], ['a']],
    });
    expect(fold({ a: 1 }, {}, {})).toEqual({ value: {}, dropped: [[], []] });
  });

  test('conflict if a list is rewritten instead of extended', () => {
    expect(fold({ notes: ['a'] }, { notes: ['a', 'b'] }, { notes: ['c'] })).toEqual({
      value: { notes: ['a', 'b'] },
      dropped: [[], ['notes']],
    });
  });
});

test('a change that saw the one before does not conflict', () => {
  const { state } = foldStateChange(createRememberedState({ a: 1 }), {
    base: 0,
    operations: [{ type: 'set', field: 'a', value: 2 }],
  });
  expect(
    foldStateChange(state, { base: state.version, operations: [{ type: 'set', field: 'a', value: 3 }] }),
  ).toMatchObject({ state: { value: { a: 3 }, version: 2 }, conflicts: [] });
});

test('a rule is not an inherited property', () => {
  expect(findOperations({}, { constructor: 'x' }, {})).toEqual([{ type: 'set', field: 'constructor', value: 'x' }]);
});
