import { describe, expect, test } from 'vitest';
import { fixForRule, ToolCallIds } from './tool-call-ids.ts';

const NINE = { pattern: '[a-zA-Z0-9]{9}', length: 9 };
const FORTY = { pattern: '[\\s\\S]{1,40}', length: 40 };

test('an id that fits stays, and is the same when it is sent again', () => {
  const ids = new ToolCallIds(NINE);
  expect(ids.wireId('abcDEF123')).toBe('abcDEF123');
  expect(ids.wireId('abcDEF123')).toBe('abcDEF123');
});

test.each([
  ['a longer one', 'call_PTLx6Wn2Qe0a7b'],
  ['one of Pawl itself', 'call_0_0'],
  ['one that Pawl made unique', 'abcDEF123_2'],
  ['one of Kimi', 'functions.look:0'],
  ['a shorter one', 'a'],
  ['one with a line break at its end', 'abcDEF123\n'],
  ['one with half a character', 'abcDEF12\ud83d'],
  ['one with a thought of Gemini in it', `call_1__thought__${'Q'.repeat(400)}`],
])('an id that does not fit is replaced by one that does: %s', (_, id) => {
  expect(new ToolCallIds(NINE).wireId(id)).toMatch(/^[a-zA-Z0-9]{9}$/);
});

test('the replacement is the same in every process, whatever other ids there are', () => {
  const ids = new ToolCallIds(NINE);
  for (let count = 0; count < 100; count++) ids.wireId(`other_${count}`);
  expect(ids.wireId('call_0_0')).toBe(new ToolCallIds(NINE).wireId('call_0_0'));
  // A stored conversation is sent again by a later version of Pawl: the ids must not change under its cached prompt.
  expect(ids.wireId('call_0_0')).toBe('bbQIKJrHc');
});

test('ids that only differ at their end, or in what is replaced, stay different', () => {
  const ids = new ToolCallIds(FORTY);
  const given = Array.from({ length: 5_000 }, (_, count) => `${'x'.repeat(60)}${count}`);
  const sent = given.map((id) => ids.wireId(id));
  expect(new Set(sent).size).toBe(given.length);
  expect(sent.every((id) => /^[a-zA-Z0-9]{40}$/.test(id))).toBe(true);
});

describe('an id that is what another one is replaced by', () => {
  const replaced = new ToolCallIds(NINE).wireId('call_0_0');

  test('is replaced itself where it comes later', () => {
    const ids = new ToolCallIds(NINE);
    const sent = ['call_0_0', replaced, 'call_0_0', replaced].map((id) => ids.wireId(id));
    expect(sent[0]).toBe(replaced);
    expect(sent[1]).not.toBe(replaced);
    expect(sent.slice(2)).toEqual(sent.slice(0, 2));
    expect(sent[1]).toMatch(/^[a-zA-Z0-9]{9}$/);
  });

  test('stays where it comes first', () => {
    const ids = new ToolCallIds(NINE);
    expect(ids.wireId(replaced)).toBe(replaced);
    expect(ids.wireId('call_0_0')).not.toBe(replaced);
  });
});

test.each<[unknown, string | undefined]>([
  [NINE, undefined],
  [FORTY, undefined],
  [null, 'Give "any", or { pattern, length }'],
  [{ pattern: '[a-z]+' }, 'Give "any", or { pattern, length }'],
  [{ pattern: '[a-z0-9]{8}', length: 8 }, 'Give "any", or { pattern, length }'],
  [{ pattern: '[a-z]{12}', length: 12 }, 'Give a pattern that 12 letters and digits fit, or another length.'],
  [{ pattern: '[a-z', length: 12 }, 'Give a pattern that is a regular expression.'],
])('says what to do about a rule that can not be one: %j', (rule, fix) => {
  if (fix === undefined) expect(fixForRule(rule)).toBeUndefined();
  else expect(fixForRule(rule)).toContain(fix);
});
