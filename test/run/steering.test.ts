import { Agent, type AgentOptions, ConfigError, type Host, type Run, type RunEvent, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { inputGuard } from '@pawl/core/middleware';
import { checkHistory, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

/** An agent whose tool says something to the run that called it. */
function interrupted(script: readonly ScriptedModelResponse[], options: Partial<AgentOptions<unknown, string>> = {}) {
  const received: Promise<boolean>[] = [];
  const model = scriptedModel(script);
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    effect: 'read',
    execute() {
      received.push(current.run?.steer('In Rome, please.') ?? Promise.resolve(false));
      return 'seen';
    },
  });
  const current: { run?: Run } = {};
  const agent = new Agent({ model, tools: [look], ...options });
  const events: RunEvent[] = [];
  return {
    agent,
    model,
    received,
    events,
    go(options: { readonly host?: Host } = {}): Run {
      current.run = agent.run('Go.', { runId: 'run', ...options }).on('*', (event) => events.push(event));
      return current.run;
    },
  };
}

const ROME: Message = { role: 'user', content: 'In Rome, please.' };

describe.each(hosts)('on $name,', ({ open }) => {
  test('sends a steering message with the next request, after the results of running tools', async () => {
    const { go, model, received, events } = interrupted([respond.call('look'), respond.text('Rome it is.')]);
    const { messages } = await go({ host: open() });
    expect(messages.slice(2)).toMatchObject([{ role: 'tool' }, ROME, { content: 'Rome it is.' }]);
    expect(model.requests.at(-1)?.messages.at(-1)).toEqual(ROME);
    expect(checkHistory(messages)).toEqual([]);
    expect(await Promise.all(received)).toEqual([true]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'user.steering', turn: 2, message: ROME }));
  });

  test('restores a recorded steering message after a crash', async () => {
    const { agent, go, model } = interrupted([respond.call('look'), respond.call('look'), respond.text('Done.')]);
    // The steps: model, tool, model; the process dies when the second reply is remembered.
    const host = new FaultyHost(open(), { at: 4, moment: 'after' });
    await expect(go({ host }).outcome()).rejects.toThrow();
    const { messages } = await agent.resume('run', { host });
    expect(messages.filter(({ content }) => content === ROME.content)).toHaveLength(1);
    expect(model.requests.at(-1)?.messages).toContainEqual(ROME);
  });

  test('neither repeats the guard nor loses a guarded steering message after a crash', async () => {
    const seen: unknown[] = [];
    const guard = inputGuard({
      name: 'towns',
      mode: 'blocking',
      check({ messages }) {
        seen.push(...messages.map(({ content }) => content));
        return { type: 'replace', messages: messages.map((each) => ({ ...each, content: `[${each.content}]` })) };
      },
    });
    const script = [respond.call('look'), respond.text('Rome it is.')];
    const { agent, go, received } = interrupted(script, { middleware: [guard] });
    // The steps: plan, model, tool, plan; the process dies when the second plan is remembered.
    const host = new FaultyHost(open(), { at: 5, moment: 'after' });
    await expect(go({ host }).outcome()).rejects.toThrow();
    const { messages } = await agent.resume('run', { host });
    expect(messages.slice(2)).toMatchObject([{ role: 'tool' }, { content: '[In Rome, please.]' }, {}]);
    expect(seen).toEqual(['Go.', 'In Rome, please.']);
    expect(checkHistory(messages)).toEqual([]);
    expect(received).toHaveLength(1);
  });
});

test('checks steering messages with a blocking input guard', async () => {
  const guard = inputGuard({
    name: 'towns',
    mode: 'blocking',
    check: ({ messages }) =>
      messages.some(({ content }) => content === ROME.content)
        ? { type: 'refuse', reason: 'not Rome' }
        : { type: 'allow' },
  });
  const { go, model, received } = interrupted([respond.call('look'), respond.text('Rome it is.')], {
    middleware: [guard],
  });
  const outcome = await go().outcome();
  expect(outcome).toMatchObject({ status: 'refused', refusal: 'not Rome', guard: 'towns' });
  expect(outcome.messages).not.toContainEqual(ROME);
  expect(model.requests).toHaveLength(1);
  expect(await Promise.all(received)).toEqual([false]);
});

test('sends a steering message from before the first request with it', async () => {
  const agent = new Agent({ model: scriptedModel(() => respond.text('Rome it is.')) });
  const run = agent.run('Go.');
  const received = run.steer({ role: 'user', content: 'In Rome, please.' });
  expect((await run).messages).toMatchObject([{ content: 'Go.' }, ROME, { content: 'Rome it is.' }]);
  expect(await received).toBe(true);
});

test('continues the run if a steering message arrives while the model answers with text', async () => {
  const sent: { received?: Promise<boolean> } = {};
  const model = scriptedModel(({ messages }) => {
    if (messages.length > 1) return respond.text('Rome it is.');
    sent.received = run.steer('In Rome, please.');
    return respond.text('Oslo it is.');
  });
  const steering: RunEvent[] = [];
  const run = new Agent({ model }).run('Go.');
  run.on('user.steering', (event) => steering.push(event));
  const { messages, output } = await run;
  expect(messages.slice(1)).toMatchObject([{ content: 'Oslo it is.' }, ROME, { content: 'Rome it is.' }]);
  expect(steering).toMatchObject([{ turn: 1, message: ROME }]);
  expect([output, await sent.received]).toEqual(['Rome it is.', true]);
});

test.each([{ turns: 1 }, { tokens: 100 }, { cost: 0.0001 }])(
  'returns a steering message to the caller if the limits %j leave no turn',
  async (limits) => {
    const sent: { received?: Promise<boolean> } = {};
    const usage = { prompt_tokens: 90, completion_tokens: 10, total_tokens: 100 };
    const model = scriptedModel(
      () => {
        sent.received = run.steer('In Rome, please.');
        return respond.text('Oslo it is.', { usage });
      },
      { price: { input: 1, output: 1 } },
    );
    const run = new Agent({ model, limits }).run('Go.');
    expect(await run).toMatchObject({ status: 'completed', output: 'Oslo it is.', messages: [{}, {}] });
    expect(await sent.received).toBe(false);
  },
);

test('resolves steer with false if the run ends, fails or is aborted', async () => {
  const failing = new Agent({ model: scriptedModel(() => respond.httpError(400, { message: 'No.' })) });
  const run = failing.run('Go.');
  const received = run.steer('In Rome, please.');
  const outcome = await run.outcome();
  expect([outcome.status, await received, await run.steer('Once more.')]).toEqual(['failed', false, false]);
  expect(outcome.messages).toEqual([{ role: 'user', content: 'Go.' }]);
});

test('takes several steering messages together, in order', async () => {
  const agent = new Agent({ model: scriptedModel(() => respond.text('Fine.')) });
  const run = agent.run('Go.');
  const received = Promise.all([run.steer('One.'), run.steer('Two.')]);
  expect((await run).messages.map(({ content }) => content)).toEqual(['Go.', 'One.', 'Two.', 'Fine.']);
  expect(await received).toEqual([true, true]);
});

test('does not pass steering messages to a nested run', async () => {
  const inner = scriptedModel(() => respond.text('Inside.'));
  const child = new Agent({ name: 'child', model: inner });
  const model = scriptedModel([respond.call('ask', { prompt: 'What?' }), respond.text('Done.')]);
  const agent = new Agent({ model, tools: [child.asTool({ name: 'ask', description: 'Asks.' })] });
  const run = agent.run('Go.');
  const received = new Promise<boolean>((resolve) => {
    run.on('tool.started', () => void run.steer('In Rome, please.').then(resolve));
  });
  await run;
  expect(await received).toBe(true);
  expect(inner.requests.flatMap(({ messages }) => messages)).not.toContainEqual(ROME);
  expect(model.requests.at(-1)?.messages.at(-1)).toEqual(ROME);
});

test('accepts only user messages, and copies them', async () => {
  const run = new Agent({ model: scriptedModel(() => respond.text('Fine.')) }).run('Go.');
  const message = { role: 'user' as const, content: 'In Rome, please.' };
  void run.steer(message);
  message.content = 'Changed.';
  // @ts-expect-error No user says that.
  expect(() => run.steer({ role: 'system', content: 'Obey.' })).toThrow(ConfigError);
  expect((await run).messages).toContainEqual(ROME);
});
