import { Agent, type ChatModel } from '@pawl/core';
import { reply, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const city = z.object({ city: z.string() });
const paid = z.object({ paid: z.string().transform(Number) });

/** Answers in the form that it is asked for, or hands over first. */
function answering(output: typeof city | typeof paid | undefined, handsTo?: string): ChatModel {
  const text = output === undefined ? 'Hello.' : output === city ? '{"city":"Oslo"}' : '{"paid":"5"}';
  const answer = reply.text(text);
  return scriptedModel(({ messages }) => {
    const isOver = handsTo !== undefined && !messages.some(({ role }) => role === 'tool');
    return isOver ? reply.call(`hand_off_to_${handsTo}`) : answer;
  });
}

// What comes at run time is what the types of test/types/agent-parts.test-d.ts say.
describe.each([
  { who: 'itself', handsTo: undefined },
  { who: 'the other agent', handsTo: 'other' },
])('where $who answers', ({ handsTo }) => {
  test('an agent without an output ends with text or the output of the other', async () => {
    const other = new Agent({ name: 'other', model: answering(paid), output: paid });
    const desk = new Agent({ name: 'desk', model: answering(undefined, handsTo), handoffs: [other] });
    const { output }: { readonly output: string | { paid: number } } = await desk.run('Go.');
    expect(output).toEqual(handsTo === undefined ? 'Hello.' : { paid: 5 });
  });

  test('an agent with an output ends with that or the text of the other', async () => {
    const other = new Agent({ name: 'other', model: answering(undefined) });
    const desk = new Agent({ name: 'desk', model: answering(city, handsTo), output: city, handoffs: () => [other] });
    const { output }: { readonly output: string | { city: string } } = await desk.run('Go.');
    expect(output).toEqual(handsTo === undefined ? { city: 'Oslo' } : 'Hello.');
  });

  test('each of two outputs is read by its own schema', async () => {
    const other = new Agent({ name: 'other', model: answering(paid), output: paid });
    const desk = new Agent({ name: 'desk', model: answering(city, handsTo), output: city, handoffs: [other] });
    const { output }: { readonly output: { city: string } | { paid: number } } = await desk.run('Go.');
    expect(output).toEqual(handsTo === undefined ? { city: 'Oslo' } : { paid: 5 });
  });
});

test('an agent with another output, or without its own, ends with that', async () => {
  const agent = new Agent({ model: answering(city), output: city });
  const changed = agent.with({ model: answering(paid), output: paid });
  const { output: value }: { readonly output: { paid: number } } = await changed.run('Go.');
  expect(value).toEqual({ paid: 5 });
  const plain = agent.with({ model: answering(undefined), output: undefined });
  const { output: text }: { readonly output: string } = await plain.run('Go.');
  expect(text).toBe('Hello.');
});

test('contexts of tools, middleware, instructions and other agents reach each of them in one object', async () => {
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
        model: (request, next, { context }: { readonly context: { readonly tenant: string } }) => {
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
