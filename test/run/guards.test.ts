import { Agent, type RunEvent } from '@pawl/core';
import { inputGuard, outputGuard, toolGuard } from '@pawl/core/middleware';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createGuardedAgent, done } from './guarded-agent.ts';

const nothingBad = inputGuard({
  name: 'manners',
  check: ({ messages }) =>
    messages.some(({ content }) => content === 'Bad.')
      ? { type: 'refuse', reason: 'No bad words.' }
      : { type: 'allow' },
});

test('ends the run if an input guard refuses, names guard and reason, and runs no tool of the parallel response', async () => {
  const { agent } = createGuardedAgent([respond.call('send', { to: 'Ada' })], { middleware: [nothingBad] });
  const outcome = await agent.run('Bad.').outcome();
  expect(outcome).toMatchObject({ status: 'refused', refusal: 'No bad words.', guard: 'manners' });
  expect(done).toEqual([]);
  await expect(agent.run('Bad.')).rejects.toThrow('No bad words.');
});

test('starts a parallel guard before the model answers, and waits for it', async () => {
  const order: string[] = [];
  const { promise: verdict, resolve } = Promise.withResolvers<{ type: 'allow' }>();
  const guard = inputGuard({
    name: 'slow',
    check: () => {
      order.push('checked');
      return verdict;
    },
  });
  const model = scriptedModel(() => {
    order.push('asked');
    setImmediate(() => resolve({ type: 'allow' }));
    return respond.text('Fine.');
  });
  const { output } = await new Agent({ model, middleware: [guard] }).run('Go.');
  expect([order, output]).toEqual([['checked', 'asked'], 'Fine.']);
});

test('cancels a refused request, and counts the estimated usage', async () => {
  const held = respond.delayed(respond.text('Never read.'), { until: new Promise<void>(() => {}) });
  const { agent } = createGuardedAgent([held], { middleware: [nothingBad] });
  const outcome = await agent.run('Bad.').outcome();
  expect(outcome.status).toBe('refused');
  expect(outcome.usage.inputTokens).toBeGreaterThan(0);
  expect(outcome.usage.estimated).toBe(true);
});

test('checks only new messages with an input guard', async () => {
  const seen: unknown[] = [];
  const guard = inputGuard({
    name: 'watch',
    check: ({ messages, conversation }) => {
      seen.push([messages.map(({ content }) => content), conversation.length]);
      return { type: 'allow' };
    },
  });
  const { agent } = createGuardedAgent([respond.call('send', { to: 'Ada' }), respond.text('Sent.')], {
    middleware: [guard],
  });
  const { messages } = await agent.run('Go.');
  const next = createGuardedAgent([respond.text('And on.')], { middleware: [guard] });
  await next.agent.run([...messages, { role: 'user', content: 'More.' }]);
  expect(seen).toEqual([
    [['Go.'], 1],
    [['More.'], 5],
  ]);
});

test('removes a replaced input from requests, history and outcome', async () => {
  const guard = inputGuard({
    name: 'privacy',
    mode: 'blocking',
    check: ({ messages }) => ({
      type: 'replace',
      messages: messages.map((message) => ({ ...message, content: String(message.content).replace('4711', '****') })),
    }),
  });
  const { agent, model } = createGuardedAgent([respond.call('send', { to: 'Ada' }), respond.text('Sent.')], {
    middleware: [guard],
  });
  const events: RunEvent[] = [];
  const run = agent.run([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'My code is 4711.' },
  ]);
  run.on('*', (event) => events.push(event));
  const outcome = await run;
  expect(JSON.stringify(model.requests)).not.toContain('4711');
  expect(outcome.messages.slice(0, 2)).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'My code is ****.' },
  ]);
  expect(checkHistory(outcome.messages)).toEqual([]);
  expect(events.find(({ type }) => type === 'turn.prepared')).toMatchObject({
    edits: [{ from: 1, to: 2, messages: [{ role: 'user', content: 'My code is ****.' }] }],
  });
});

test('discards the emitted deltas if a guard replaces the output', async () => {
  const guard = outputGuard({
    name: 'secrets',
    check: ({ text }) => ({ type: 'replace', text: text.replace('007', '…') }),
  });
  const { agent } = createGuardedAgent([respond.text('I am 007, you see.')], { middleware: [guard] });
  const received: string[] = [];
  const run = agent.run('Who are you?', { stream: true });
  run.on('text.delta', ({ delta }) => received.push(delta));
  run.on('attempt.discarded', () => received.push('discarded'));
  const { output } = await run;
  expect(output).toBe('I am …, you see.');
  expect(received.slice(received.indexOf('discarded'))).toEqual(['discarded', 'I am …, you see.']);
});

test('checks the validated value with an output guard with a schema', async () => {
  const schema = z.object({ price: z.number() });
  const seen: number[] = [];
  const guard = outputGuard({
    name: 'cap',
    output: schema,
    check: ({ value: { price } }) => {
      seen.push(price);
      return price > 100 ? { type: 'retry', reason: 'too dear' } : { type: 'allow' };
    },
  });
  const model = scriptedModel([
    respond.text('{"price": "?"}'),
    respond.text('```json\n{"price": 500}\n```'),
    respond.text('{"price": 50}'),
  ]);
  const { output } = await new Agent({ model, output: schema, middleware: [guard] }).run('How much?');
  expect([output, seen]).toEqual([{ price: 50 }, [500, 50]]);
});

test('denies a call before it runs, returns the reason to the model, and runs the other calls', async () => {
  const guard = toolGuard({
    name: 'addresses',
    before: ({ input }) =>
      (input as { to: string }).to === 'Eve' ? { type: 'deny', reason: 'not to Eve.' } : { type: 'allow' },
  });
  const calls = [
    { name: 'send', arguments: { to: 'Eve' } },
    { name: 'send', arguments: { to: 'Ada' } },
  ];
  const { agent } = createGuardedAgent([respond.calls(calls), respond.text('Done.')], { middleware: [guard] });
  const { messages } = await agent.run('Go.');
  expect(done).toEqual(['Ada']);
  expect(messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []))).toEqual([
    'Denied: not to Eve.',
    'sent to Ada',
  ]);
});

test('replaces the input or the result, and withholds a result, with a tool guard', async () => {
  const guard = toolGuard({
    name: 'addresses',
    before: () => ({ type: 'replace', input: { to: 'Bob' } }),
    after: ({ content, call }) =>
      call.id === 'call_1' ? { type: 'replace', content: content.toUpperCase() } : { type: 'deny', reason: 'secret.' },
  });
  const calls = [
    { name: 'send', arguments: { to: 'Ada' }, id: 'call_1' },
    { name: 'send', arguments: { to: 'Eve' }, id: 'call_2' },
  ];
  const { agent } = createGuardedAgent([respond.calls(calls), respond.text('Done.')], { middleware: [guard] });
  const { messages } = await agent.run('Go.');
  expect(done).toEqual(['Bob', 'Bob']);
  expect(messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []))).toEqual([
    'SENT TO BOB',
    'The call ran, but its result is withheld: secret.',
  ]);
});

test('ends the run if a tool guard refuses, after the other calls are closed', async () => {
  const guard = toolGuard({
    name: 'addresses',
    before: ({ input }) =>
      (input as { to: string }).to === 'Eve' ? { type: 'refuse', reason: 'Not to Eve.' } : { type: 'allow' },
  });
  const calls = [
    { name: 'send', arguments: { to: 'Ada' } },
    { name: 'send', arguments: { to: 'Eve' } },
  ];
  const { agent } = createGuardedAgent([respond.calls(calls)], { middleware: [guard] });
  const outcome = await agent.run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'refused', refusal: 'Not to Eve.', guard: 'addresses' });
  expect(checkHistory(outcome.messages)).toEqual([]);
});

test('wraps agents as tools in tool guards', async () => {
  const inner = scriptedModel([respond.text('Inside.')]);
  const help = new Agent({ name: 'helper', model: inner }).asTool({ name: 'help', description: 'Helps.' });
  const guard = toolGuard({ name: 'alone', before: () => ({ type: 'deny', reason: 'do it yourself.' }) });
  const { agent } = createGuardedAgent([respond.call('help', { prompt: 'Help.' }), respond.text('Done.')], {
    tools: [help],
    middleware: [guard],
  });
  const { messages } = await agent.run('Go.');
  expect(inner.requests).toEqual([]);
  expect(messages[2]).toMatchObject({ role: 'tool', content: 'Denied: do it yourself.' });
});

test('lets a guard call a model of its own, within the limits of the run', async () => {
  const judge = scriptedModel([
    respond.text('no', { usage: { prompt_tokens: 70, completion_tokens: 1, total_tokens: 71 } }),
  ]);
  const guard = inputGuard({
    name: 'judge',
    async check({ messages }, { callModel: ask }) {
      const { choices } = await ask(judge, { messages: [{ role: 'system', content: 'Is that bad?' }, ...messages] });
      return choices[0].message.content === 'no' ? { type: 'allow' } : { type: 'refuse', reason: 'Bad.' };
    },
  });
  const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
  const { agent } = createGuardedAgent([respond.text('Hello.', { usage })], { middleware: [guard] });
  const outcome = await agent.run('Go.');
  expect([outcome.output, outcome.usage.totalTokens, outcome.usage.requests]).toEqual(['Hello.', 83, 2]);
});
