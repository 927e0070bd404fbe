import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { type Limits, resolveLimits } from './limits.ts';

const price = { input: 1, output: 4 };
const none = Number.POSITIVE_INFINITY;
const free = { turns: 20, toolCalls: none, handoffs: 10, requests: none, tokens: none, cost: none, durationMs: none };

test.each<readonly [Limits, unknown]>([
  [{}, free],
  [{ turns: 3 }, { ...free, turns: 3 }],
  [
    { toolCalls: 5, tokens: 1000, durationMs: 60_000 },
    { ...free, toolCalls: 5, tokens: 1000, durationMs: 60_000 },
  ],
  [{ turns: none }, { ...free, turns: none }],
  [{ cost: 0.05 }, { ...free, cost: 0.05 }],
])('resolves the limits %o', (limits, resolved) => {
  expect(resolveLimits(limits, { agent: 'a', model: model('m', { price }) })).toEqual(resolved);
});

test('ignores a limit that is undefined', () => {
  const limits = JSON.parse('{"turns":3}');
  limits.tokens = undefined;
  expect(resolveLimits(limits, { agent: 'a', model: model('m') })).toEqual({ ...free, turns: 3 });
});

test.each([
  [{ turns: 0 }, 'limits.turns is 0'],
  [{ toolCalls: -1 }, 'limits.toolCalls is -1'],
  [{ tokens: Number.NaN }, 'limits.tokens is NaN'],
  [{ durationMs: '5' }, 'limits.durationMs is the text "5"'],
  [{ cost: null }, 'limits.cost is null'],
])('refuses the limit %o', (limits, problem) => {
  const given = limits as Limits; // As in JavaScript.
  expect(() => resolveLimits(given, { agent: 'a', model: model('m', { price }) })).toThrow(
    new ConfigError(`Agent "a": ${problem}. Pass a number greater than 0, or leave it out.`),
  );
});

test.each([
  ['the model', model('m'), 'm'],
  ['its fallback', model('m', { price, fallback: model('n') }), 'n'],
  ['the fallback of its fallback', model('m', { price, fallback: model('n', { price, fallback: model('o') }) }), 'o'],
])('refuses a cost limit if %s has no price', (_, asked, name) => {
  const problem = `Agent "a": limits.cost needs a price, and model "${name}" has none. Pass openai("${name}", { price: { input, output } }), in US dollars per million tokens.`;
  expect(() => resolveLimits({ cost: 1 }, { agent: 'a', model: asked })).toThrow(new ConfigError(problem));
  expect(resolveLimits({ tokens: 1 }, { agent: 'a', model: asked }).tokens).toBe(1);
});

// By hand: nothing calls it.
function model(name: string, fields: Partial<ChatModel> = {}): ChatModel {
  return { name, send: () => expect.unreachable(), ...fields };
}
