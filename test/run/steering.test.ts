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
  const agent = new Agent({ model, tools: [look], ...options });
  const events: RunEvent[] = [];
  return {
    agent,
    model,
    told,
    events,
    go(options: { readonly host?: Host } = {}): Run {
      current.run = agent.run('Go.', { runId: 'run', ...options }).on('*', (event) => events.push(event));
      return current.run;
    },
  };
}

const ROME: Message = { role: 'user', content: 'In Rome, please.' };

describe.each(hosts)('on $name,', ({ open }) => {
  test('what a user says while tools run goes to the model with the next request, behind their results', async () => {
    const { go, model, told, events } = interrupted([respond.call('look'), respond.text('Rome it is.')]);
    const { messages } = await go({ host: open() });
    expect(messages.slice(2)).toMatchObject([{ role: 'tool' }, ROME, { content: 'Rome it is.' }]);
    expect(model.requests.at(-1)?.messages.at(-1)).toEqual(ROME);
    expect(checkHistory(messages)).toEqual([]);
    expect(await Promise.all(told)).toEqual([true]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'user.steering', turn: 2, message: ROME }));
  });

  test('a run that has taken something in knows it after a crash, and is not told again', async () => {
    const { agent, go, model } = interrupted([respond.call('look'), respond.call('look'), respond.text('Done.')]);
    // The steps: model, tool, model; the process dies when the second reply is remembered.
    const host = new FaultyHost(open(), { at: 4, moment: 'after' });
    await expect(go({ host }).outcome()).rejects.toThrow();
    const { messages } = await agent.resume('run', { host });
    expect(messages.filter(({ content }) => content === ROME.content)).toHaveLength(1);
    expect(model.requests.at(-1)?.messages).toContainEqual(ROME);
  });

  test('what was guarded before it went out is not guarded again after a crash, and neither is it lost', async () => {
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
    const { agent, go, told } = interrupted(script, { middleware: [guard] });
    // The steps: plan, model, tool, plan; the process dies when the second plan is remembered.
    const host = new FaultyHost(open(), { at: 5, moment: 'after' });
    await expect(go({ host }).outcome()).rejects.toThrow();
    const { messages } = await agent.resume('run', { host });
    expect(messages.slice(2)).toMatchObject([{ role: 'tool' }, { content: '[In Rome, please.]' }, {}]);
    expect(seen).toEqual(['Go.', 'In Rome, please.']);
    expect(checkHistory(messages)).toEqual([]);
    expect(told).toHaveLength(1);
  });
});

test('an input guard that lets nothing out before its verdict looks at what is said on the way, too', async () => {
  const guard = inputGuard({
    name: 'towns',
    mode: 'blocking',
    check: ({ messages }) =>
      messages.some(({ content }) => content === ROME.content)
        ? { type: 'refuse', reason: 'not Rome' }
        : { type: 'allow' },
  });
  const { go, model, told } = interrupted([respond.call('look'), respond.text('Rome it is.')], { middleware: [guard] });
  const outcome = await go().outcome();
  expect(outcome).toMatchObject({ status: 'refused', refusal: 'not Rome', guard: 'towns' });
  expect(outcome.messages).not.toContainEqual(ROME);
  expect(model.requests).toHaveLength(1);
  expect(await Promise.all(told)).toEqual([false]);
});

test('what is said before the first request goes with it', async () => {
  const agent = new Agent({ model: scriptedModel(() => respond.text('Rome it is.')) });
  const run = agent.run('Go.');
  const told = run.steer({ role: 'user', content: 'In Rome, please.' });
  expect((await run).messages).toMatchObject([{ content: 'Go.' }, ROME, { content: 'Rome it is.' }]);
  expect(await told).toBe(true);
});

test('what is said while the model answers with text is no end: it is asked again, with its answer before', async () => {
  const said: { told?: Promise<boolean> } = {};
  const model = scriptedModel(({ messages }) => {
    if (messages.length > 1) return respond.text('Rome it is.');
    said.told = run.steer('In Rome, please.');
    return respond.text('Oslo it is.');
  });
  const steered: RunEvent[] = [];
  const run = new Agent({ model }).run('Go.');
  run.on('user.steering', (event) => steered.push(event));
  const { messages, output } = await run;
  expect(messages.slice(1)).toMatchObject([{ content: 'Oslo it is.' }, ROME, { content: 'Rome it is.' }]);
  expect(steered).toMatchObject([{ turn: 1, message: ROME }]);
  expect([output, await said.told]).toEqual(['Rome it is.', true]);
});

test.each([{ turns: 1 }, { tokens: 100 }, { cost: 0.0001 }])(
  'what is said while the limits %j leave no other turn is given back: the answer stands, and another run begins with it',
  async (limits) => {
    const said: { told?: Promise<boolean> } = {};
    const usage = { prompt_tokens: 90, completion_tokens: 10, total_tokens: 100 };
    const model = scriptedModel(
      () => {
        said.told = run.steer('In Rome, please.');
        return respond.text('Oslo it is.', { usage });
      },
      { price: { input: 1, output: 1 } },
    );
    const run = new Agent({ model, limits }).run('Go.');
    expect(await run).toMatchObject({ status: 'completed', output: 'Oslo it is.', messages: [{}, {}] });
    expect(await said.told).toBe(false);
  },
);

test('what is said to a run that has ended, failed or was aborted meanwhile is given back', async () => {
  const failing = new Agent({ model: scriptedModel(() => respond.httpError(400, { message: 'No.' })) });
  const run = failing.run('Go.');
  const told = run.steer('In Rome, please.');
  const outcome = await run.outcome();
  expect([outcome.status, await told, await run.steer('Once more.')]).toEqual(['failed', false, false]);
  expect(outcome.messages).toEqual([{ role: 'user', content: 'Go.' }]);
});

test('several messages are taken in together, in their order', async () => {
  const agent = new Agent({ model: scriptedModel(() => respond.text('Fine.')) });
  const run = agent.run('Go.');
  const told = Promise.all([run.steer('One.'), run.steer('Two.')]);
  expect((await run).messages.map(({ content }) => content)).toEqual(['Go.', 'One.', 'Two.', 'Fine.']);
  expect(await told).toEqual([true, true]);
});

test('a run inside the run is told nothing of it: its conversation is its own', async () => {
  const inner = scriptedModel(() => respond.text('Inside.'));
  const child = new Agent({ name: 'child', model: inner });
  const model = scriptedModel([respond.call('ask', { prompt: 'What?' }), respond.text('Done.')]);
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
  const run = new Agent({ model: scriptedModel(() => respond.text('Fine.')) }).run('Go.');
  const message = { role: 'user' as const, content: 'In Rome, please.' };
  void run.steer(message);
  message.content = 'Changed.';
  // @ts-expect-error No user says that.
  expect(() => run.steer({ role: 'system', content: 'Obey.' })).toThrow(ConfigError);
  expect((await run).messages).toContainEqual(ROME);
});
