import { Agent, ConfigError, type DurableHost, type Message, type Run, type RunEvent, tool } from '@pawl/core';
import { checkHistory, type ModelReply, reply, scriptedModel } from '@pawl/testing';
import { FragileHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

/** An agent whose tool says something to the run that called it. */
function interrupted(script: readonly ModelReply[]) {
  const told: Promise<boolean>[] = [];
  const model = scriptedModel(script);
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    effect: 'read',
    execute() {
      told.push(current.run?.steer('In Rome, please.') ?? Promise.resolve(false));
      return 'seen';
    },
  });
  const current: { run?: Run } = {};
  const agent = new Agent({ model, tools: [look] });
  const events: RunEvent[] = [];
  return {
    agent,
    model,
    told,
    events,
    go(options: { readonly durable?: DurableHost } = {}): Run {
      current.run = agent.run('Go.', { runId: 'run', ...options }).on('*', (event) => events.push(event));
      return current.run;
    },
  };
}

const ROME: Message = { role: 'user', content: 'In Rome, please.' };

describe.each(hosts)('on $name,', ({ open }) => {
  test('what a user says while tools run goes to the model with the next request, behind their results', async () => {
    const { go, model, told, events } = interrupted([reply.call('look'), reply.text('Rome it is.')]);
    const { messages } = await go({ durable: open() });
    expect(messages.slice(2)).toMatchObject([{ role: 'tool' }, ROME, { content: 'Rome it is.' }]);
    expect(model.requests.at(-1)?.messages.at(-1)).toEqual(ROME);
    expect(checkHistory(messages)).toEqual([]);
    expect(await Promise.all(told)).toEqual([true]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'user.steered', turn: 2, message: ROME }));
  });

  test('a run that has taken something in knows it after a crash, and is not told again', async () => {
    const { agent, go, model } = interrupted([reply.call('look'), reply.call('look'), reply.text('Done.')]);
    // The steps: model, tool, model; the process dies when the second reply is remembered.
    const host = new FragileHost(open(), { at: 3, moment: 'after' });
    await expect(go({ durable: host }).outcome()).rejects.toThrow();
    const { messages } = await agent.resume('run', { durable: host });
    expect(messages.filter(({ content }) => content === ROME.content)).toHaveLength(1);
    expect(model.requests.at(-1)?.messages).toContainEqual(ROME);
  });
});

test('what is said before the first request goes with it', async () => {
  const agent = new Agent({ model: scriptedModel(() => reply.text('Rome it is.')) });
  const run = agent.run('Go.');
  const told = run.steer({ role: 'user', content: 'In Rome, please.' });
  expect((await run).messages).toMatchObject([{ content: 'Go.' }, ROME, { content: 'Rome it is.' }]);
  expect(await told).toBe(true);
});

test('what is said while the model answers with text is no end: it is asked again, with its answer before', async () => {
  const said: { told?: Promise<boolean> } = {};
  const model = scriptedModel(({ messages }) => {
    if (messages.length > 1) return reply.text('Rome it is.');
    said.told = run.steer('In Rome, please.');
    return reply.text('Oslo it is.');
  });
  const run = new Agent({ model }).run('Go.');
  const { messages, output } = await run;
  expect(messages.slice(1)).toMatchObject([{ content: 'Oslo it is.' }, ROME, { content: 'Rome it is.' }]);
  expect([output, await said.told]).toEqual(['Rome it is.', true]);
});

test('what is said in the last turn that a limit leaves is given back, so that another run begins with it', async () => {
  const said: { told?: Promise<boolean> } = {};
  const model = scriptedModel(() => {
    said.told = run.steer('In Rome, please.');
    return reply.text('Oslo it is.');
  });
  const run = new Agent({ model, limits: { turns: 1 } }).run('Go.');
  expect((await run).messages).toHaveLength(2);
  expect(await said.told).toBe(false);
});

test('what is said to a run that has ended, failed or was aborted meanwhile is given back', async () => {
  const failing = new Agent({ model: scriptedModel(() => reply.httpError(400, { message: 'No.' })) });
  const run = failing.run('Go.');
  const told = run.steer('In Rome, please.');
  const outcome = await run.outcome();
  expect([outcome.status, await told, await run.steer('Once more.')]).toEqual(['failed', false, false]);
  expect(outcome.messages).toEqual([{ role: 'user', content: 'Go.' }]);
});

test('several messages are taken in together, in their order', async () => {
  const agent = new Agent({ model: scriptedModel(() => reply.text('Fine.')) });
  const run = agent.run('Go.');
  const told = Promise.all([run.steer('One.'), run.steer('Two.')]);
  expect((await run).messages.map(({ content }) => content)).toEqual(['Go.', 'One.', 'Two.', 'Fine.']);
  expect(await told).toEqual([true, true]);
});

test('a run inside the run is told nothing of it: its conversation is its own', async () => {
  const inner = scriptedModel(() => reply.text('Inside.'));
  const child = new Agent({ name: 'child', model: inner });
  const model = scriptedModel([reply.call('ask', { prompt: 'What?' }), reply.text('Done.')]);
  const agent = new Agent({ model, tools: [child.asTool({ name: 'ask', description: 'Asks.' })] });
  const run = agent.run('Go.');
  const told = new Promise<boolean>((resolve) => {
    run.on('tool.started', () => void run.steer('In Rome, please.').then(resolve));
  });
  await run;
  expect(await told).toBe(true);
  expect(inner.requests.flatMap(({ messages }) => messages)).not.toContainEqual(ROME);
  expect(model.requests.at(-1)?.messages.at(-1)).toEqual(ROME);
});

test('only what a user says can be said, and what it was is copied', async () => {
  const run = new Agent({ model: scriptedModel(() => reply.text('Fine.')) }).run('Go.');
  const message = { role: 'user' as const, content: 'In Rome, please.' };
  void run.steer(message);
  message.content = 'Changed.';
  // @ts-expect-error No user says that.
  expect(() => run.steer({ role: 'system', content: 'Obey.' })).toThrow(ConfigError);
  expect((await run).messages).toContainEqual(ROME);
});
