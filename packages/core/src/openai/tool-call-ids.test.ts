import { describe, expect, test } from 'vitest';
import { suggestRuleFix, ToolCallIds } from './tool-call-ids.ts';

const NINE = { pattern: '[a-zA-Z0-9]{9}', length: 9 };
const FORTY = { pattern: '[\\s\\S]{1,40}', length: 40 };

test('keeps an accepted id in every request', () => {
  const ids = new ToolCallIds(NINE);
  expect(ids.toWireId('abcDEF123')).toBe('abcDEF123');
  expect(ids.toWireId('abcDEF123')).toBe('abcDEF123');
});

test.each([
  ['a longer id', 'call_PTLx6Wn2Qe0a7b'],
  ['an id of Pawl', 'call_0_0'],
  ['an id that Pawl made unique', 'abcDEF123_2'],
  ['an id of Kimi', 'functions.look:0'],
  ['a shorter id', 'a'],
  ['an id with a line break at its end', 'abcDEF123\n'],
  ['an id with half a character', 'abcDEF12\ud83d'],
  ['an id with a thought signature of Gemini', `call_1__thought__${'Q'.repeat(400)}`],
])('replaces a refused id by an accepted one: %s', (_, id) => {
  expect(new ToolCallIds(NINE).toWireId(id)).toMatch(/^[a-zA-Z0-9]{9}$/);
});

test('chooses the same replacement in every process, independent of other ids', () => {
  const ids = new ToolCallIds(NINE);
  for (let count = 0; count < 100; count++) ids.toWireId(`other_${count}`);
  expect(ids.toWireId('call_0_0')).toBe(new ToolCallIds(NINE).toWireId('call_0_0'));
  // A stored conversation is sent again by a later version of Pawl: the ids must not change under its cached prompt.
  expect(ids.toWireId('call_0_0')).toBe('bbQIKJrHc');
});

test('keeps ids different that differ only at the end or in replaced characters', () => {
  const ids = new ToolCallIds(FORTY);
  const given = Array.from({ length: 5_000 }, (_, count) => `${'x'.repeat(60)}${count}`);
  const sent = given.map((id) => ids.toWireId(id));
  expect(new Set(sent).size).toBe(given.length);
  expect(sent.every((id) => /^[a-zA-Z0-9]{40}$/.test(id))).toBe(true);
});

describe('an id that equals the replacement of another one', () => {
  const replaced = new ToolCallIds(NINE).toWireId('call_0_0');

  test('is replaced if it comes later', () => {
    const ids = new ToolCallIds(NINE);
    const sent = ['call_0_0', replaced, 'call_0_0', replaced].map((id) => ids.toWireId(id));
    expect(sent[0]).toBe(replaced);
    expect(sent[1]).not.toBe(replaced);
    expect(sent.slice(2)).toEqual(sent.slice(0, 2));
    expect(sent[1]).toMatch(/^[a-zA-Z0-9]{9}$/);
  });

  test('stays if it comes first', () => {
    const ids = new ToolCallIds(NINE);
    expect(ids.toWireId(replaced)).toBe(replaced);
    expect(ids.toWireId('call_0_0')).not.toBe(replaced);
  });
});

test.each<[unknown, string | undefined]>([
  [NINE, undefined],
  [FORTY, undefined],
  [null, 'Pass "any", or { pattern, length }'],
  [{ pattern: '[a-z]+' }, 'Pass "any", or { pattern, length }'],
  [{ pattern: '[a-z0-9]{8}', length: 8 }, 'Pass "any", or { pattern, length }'],
  [{ pattern: '[a-z]{12}', length: 12 }, 'Pass a pattern that 12 letters and digits match, or another length.'],
  [{ pattern: '[a-z', length: 12 }, 'Pass a pattern that is a regular expression.'],
])('gives advice about an invalid rule: %j', (rule, fix) => {
  if (fix === undefined) expect(suggestRuleFix(rule)).toBeUndefined();
  else expect(suggestRuleFix(rule)).toContain(fix);
});
