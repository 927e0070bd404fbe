import { setImmediate } from 'node:timers/promises';
import { Agent, type Tool, tool } from '@pawl/core';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

/** An error with a field that can't be read, or is no text. */
function damaged(field: string, descriptor: PropertyDescriptor): Error {
  return Object.defineProperty(new Error('Down.'), field, descriptor);
}

const throwing: PropertyDescriptor = {
  get() {
    throw new Error('No.');
  },
};

const odd: Readonly<Record<string, unknown>> = {
  'a message that throws': damaged('message', throwing),
  'a name that throws': damaged('name', throwing),
  'a stack that throws': damaged('stack', throwing),
  'a cause that throws': damaged('cause', throwing),
};

function failing(thrown: unknown): Tool<unknown> {
  const execute = (): never => {
    throw thrown;
  };
  return tool({ name: 'look', description: 'Looks.', input: z.object({}), execute });
}

test.each(Object.entries(odd))('continues the run after an error of a tool with %s', async (_, thrown) => {
  const model = scriptedModel([respond.call('look'), respond.text('It failed.')]);
  const outcome = await new Agent({ model, tools: [failing(thrown)] }).run('Go.').outcome();

  expect(outcome).toMatchObject({ status: 'completed', output: 'It failed.' });
  expect(checkHistory(outcome.messages)).toEqual([]);
});

test.each(Object.entries(odd))(
  'is not affected by a listener that rejects with an error with %s',
  async (_, thrown) => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const run = new Agent({ model: scriptedModel([respond.text('Hello.')]) }).run('Go.');
    run.on('*', () => Promise.reject(thrown));
    const { status } = await run.outcome();
    await setImmediate();
    process.off('unhandledRejection', onUnhandled);

    expect({ status, unhandled }).toEqual({ status: 'completed', unhandled: [] });
  },
);

test('describes an error without a message to the model', async () => {
  const input = z.object({}).refine(() => {
    throw damaged('message', { value: { why: 'Down.' } });
  });
  const look = tool({ name: 'look', description: 'Looks.', input, execute: () => 'Seen.' });
  const model = scriptedModel([respond.call('look'), respond.text('It failed.')]);
  const { messages } = await new Agent({ model, tools: [look] }).run('Go.');

  expect(messages[2]).toEqual({ role: 'tool', tool_call_id: 'call_1', content: '{"why":"Down."}' });
});

test('shortens a long error like a result, to its head and tail', async () => {
  const page = { ...failing(new Error('x'.repeat(1_000_000))), maxResultLength: 40 };
  const model = scriptedModel([respond.call('look'), respond.text('It failed.')]);
  const { messages } = await new Agent({ model, tools: [page] }).run('Go.');

  const content = `{"error":"${'x'.repeat(20)}\n[… 999972 characters left out …]\nxxxxxxxx"}`;
  expect(messages[2]).toEqual({ role: 'tool', tool_call_id: 'call_1', content });
});
