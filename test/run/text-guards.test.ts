import { Agent, tool } from '@pawl/core';
import { inputGuard, lastMessages, type Middleware, outputGuard, prefixTools, toolGuard } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const model = scriptedModel(() => respond.text('Hello.'));
const allow = () => ({ type: 'allow' }) as const;
const guard = outputGuard({ name: 'polite', check: allow });
const guarded = new Agent({ name: 'guarded', model, middleware: [guard] });
const help = guarded.asTool({ name: 'help', description: 'Helps.' });
const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'seen' });
const own: Middleware = { isTextGuard: true, wrapModelCall: (request, next) => next(request) };

describe('agent.hasTextGuard', () => {
  test.each([
    ['an output guard', guarded],
    [
      'an input guard that checks while the model responds',
      new Agent({ model, middleware: [inputGuard({ name: 'g', check: allow })] }),
    ],
    ['middleware with isTextGuard', new Agent({ model, middleware: [own] })],
    ['a declaration alone, for agents that code runs', new Agent({ model, middleware: [{ isTextGuard: true }] })],
    ['an agent as a tool with a guard', new Agent({ model, tools: [look, help] })],
    ['a wrapped agent as a tool with a guard', new Agent({ model, tools: prefixTools([help], 'my_') })],
    [
      'a handoff to an agent with a guard',
      new Agent({ model, handoffs: [guarded.asHandoff({ inputFilter: lastMessages(4) })] }),
    ],
    [
      'a handoff to an agent that has an agent as a tool with a guard',
      new Agent({ model, handoffs: () => [new Agent({ name: 'desk', model, tools: [help] })] }),
    ],
  ] as const)('is true for %s', (_, agent) => {
    expect(agent.hasTextGuard).toBe(true);
  });

  test.each([
    ['no middleware', new Agent({ model, tools: [look] })],
    [
      'an input guard that checks before the request',
      new Agent({ model, middleware: [inputGuard({ name: 'g', mode: 'blocking', check: allow })] }),
    ],
    ['a tool guard', new Agent({ model, middleware: [toolGuard({ name: 'g', before: allow })] })],
    ['middleware with isTextGuard: false', new Agent({ model, middleware: [{ ...own, isTextGuard: false }] })],
    ['a copy without the guard', guarded.with({ middleware: [] })],
  ] as const)('is false for %s', (_, agent) => {
    expect(agent.hasTextGuard).toBe(false);
  });

  test('ends for agents that hand over to each other', () => {
    const one: Agent<unknown, string> = new Agent({ name: 'one', model, handoffs: () => [other] });
    const other: Agent<unknown, string> = new Agent({ name: 'other', model, handoffs: () => [one] });
    expect(one.hasTextGuard).toBe(false);
  });
});

test('isTextGuard has to be a boolean', () => {
  const middleware = [{ ...own, isTextGuard: 'yes' }] as never; // As from JavaScript.
  expect(() => new Agent({ model, middleware })).toThrow(
    'middleware[0].isTextGuard is the text "yes". Pass true or false.',
  );
});
