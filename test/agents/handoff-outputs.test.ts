import { Agent, type ChatModel } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const city = z.object({ city: z.string() });
const paid = z.object({ paid: z.string().transform(Number) });

/** Answers in the form that it is asked for, or hands over first. */
function answering(output: typeof city | typeof paid | undefined, handoffTo?: string): ChatModel {
  const text = output === undefined ? 'Hello.' : output === city ? '{"city":"Oslo"}' : '{"paid":"5"}';
  const answer = respond.text(text);
  return scriptedModel(({ messages }) => {
    const isOver = handoffTo !== undefined && !messages.some(({ role }) => role === 'tool');
    return isOver ? respond.call(`transfer_to_${handoffTo}`) : answer;
  });
}

// What comes at run time is what the types of test/types/agent-parts.test-d.ts say.
describe.each([
  { who: 'itself', handoffTo: undefined },
  { who: 'the other agent', handoffTo: 'other' },
])('where $who answers', ({ handoffTo }) => {
  test('types an agent without an output as text or the output of the other', async () => {
    const other = new Agent({ name: 'other', model: answering(paid), output: paid });
    const desk = new Agent({ name: 'desk', model: answering(undefined, handoffTo), handoffs: [other] });
    const { output }: { readonly output: string | { paid: number } } = await desk.run('Go.');
    expect(output).toEqual(handoffTo === undefined ? 'Hello.' : { paid: 5 });
  });

  test('types an agent with an output as its output or the text of the other', async () => {
    const other = new Agent({ name: 'other', model: answering(undefined) });
    const desk = new Agent({ name: 'desk', model: answering(city, handoffTo), output: city, handoffs: () => [other] });
    const { output }: { readonly output: string | { city: string } } = await desk.run('Go.');
    expect(output).toEqual(handoffTo === undefined ? { city: 'Oslo' } : 'Hello.');
  });

  test('parses each of two outputs with its own schema', async () => {
    const other = new Agent({ name: 'other', model: answering(paid), output: paid });
    const desk = new Agent({ name: 'desk', model: answering(city, handoffTo), output: city, handoffs: [other] });
    const { output }: { readonly output: { city: string } | { paid: number } } = await desk.run('Go.');
    expect(output).toEqual(handoffTo === undefined ? { city: 'Oslo' } : { paid: 5 });
  });
});

test('types an agent by its changed output', async () => {
  const agent = new Agent({ model: answering(city), output: city });
  const changed = agent.with({ model: answering(paid), output: paid });
  const { output: value }: { readonly output: { paid: number } } = await changed.run('Go.');
  expect(value).toEqual({ paid: 5 });
  const plain = agent.with({ model: answering(undefined), output: undefined });
  const { output: text }: { readonly output: string } = await plain.run('Go.');
  expect(text).toBe('Hello.');
});

test('passes one context object to tools, middleware, instructions and other agents', async () => {
  const seen: unknown[] = [];
  const other = new Agent({
    name: 'other',
    model: answering(undefined),
    instructions: ({ locale }: { readonly locale: string }) => `In ${locale}.`,
  });
  const desk = new Agent({
    name: 'desk',
    model: answering(undefined, 'other'),
    middleware: [
      {
        wrapModelCall: (request, next, { context }: { readonly context: { readonly tenant: string } }) => {
          seen.push(context.tenant);
          return next(request);
        },
      },
    ],
    instructions: ({ user }: { readonly user: string }) => `You serve ${user}.`,
    handoffs: [other],
  });
  const { messages } = await desk.run('Go.', { context: { tenant: 'a', user: 'ada', locale: 'English' } });
  expect(seen).toEqual(['a']);
  expect(messages.at(-1)?.content).toBe('Hello.');
});
