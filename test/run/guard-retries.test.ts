import { Agent, type AgentOptions, memoryHost, type RunEvent, tool } from '@pawl/core';
import type { JournalEvent } from '@pawl/core/events';
import { outputGuard } from '@pawl/core/middleware';
import { checkHistory, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const correction = (reason: string) => ({
  role: 'user',
  content: `Your last answer was rejected: ${reason}\nAnswer again without that problem.`,
});
const sent = (content: string) => ({ role: 'assistant', content });

/** Accepts no text with this word. */
function against(word: string, corrections = 1) {
  return outputGuard({
    name: `no ${word}`,
    maxRetries: corrections,
    check: ({ text }) => (text.includes(word) ? { type: 'retry', reason: `say no ${word}` } : { type: 'allow' }),
  });
}

function answering(replies: readonly ScriptedModelResponse[], options: Partial<AgentOptions<unknown, string>>) {
  const model = scriptedModel(replies);
  return { model, agent: new Agent({ model, ...options }) };
}

describe('an output guard that requests another response', () => {
  const type = 'retry';
  const stubborn = outputGuard({ name: 'g', maxRetries: 2, check: () => ({ type, reason: 'no' }) });

  test('takes a turn of its own, which is counted, emitted, recorded and in the history', async () => {
    const host = memoryHost();
    const agent = new Agent({ model: scriptedModel(() => respond.text('hm', { usage })), middleware: [stubborn] });
    const events: RunEvent[] = [];
    const run = agent.run('Go.', { host, runId: 'r' });
    run.on('*', (event) => events.push(event));
    const outcome = await run.outcome();
    expect(outcome).toMatchObject({
      status: 'refused',
      refusal: 'no',
      guard: 'g',
      turnCount: 3,
      usage: { requests: 3 },
    });
    expect(outcome.messages).toEqual([
      { role: 'user', content: 'Go.' },
      sent('hm'),
      correction('no'),
      sent('hm'),
      correction('no'),
      sent('hm'),
    ]);
    const again = [1, 2].map((turn) => ({ type: 'model.reprompted', turn, reason: 'guard', guard: 'g' }));
    expect(events.filter((event) => event.type === 'model.reprompted')).toMatchObject(again);
    const record = await host.getRun('r');
    const recorded = record.events.map(({ event }): JournalEvent => event);
    expect(recorded.filter((event) => event.type === 'model.reprompted')).toMatchObject(again);
    expect(recorded.filter((event) => event.type === 'model.responded')).toMatchObject(
      [1, 2, 3].map((turn) => ({ turn, rejection: { guard: 'g', reason: 'no', maxRetries: 2 } })),
    );
  });

  test('respects the limit of turns, and a rejected response is no output', async () => {
    const agent = new Agent({
      model: scriptedModel(() => respond.text('hm')),
      middleware: [stubborn],
      limits: { turns: 2 },
    });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome).toMatchObject({ status: 'limited', limit: 'turns', max: 2, spent: 2, turnCount: 2 });
    expect('output' in outcome).toBe(false);
    expect('text' in outcome).toBe(false);
  });

  test.each([{ tokens: 200 }, { cost: 0.0002 }])('respects %o', async (limits) => {
    const long = { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 };
    const model = scriptedModel(() => respond.text('hm', { usage: long }), { price: { input: 1, output: 1 } });
    const outcome = await new Agent({ model, middleware: [stubborn], limits }).run('Go.').outcome();
    expect(outcome.status).toBe('limited');
    expect(outcome.usage.requests).toBeLessThan(3);
  });
});

test('sends the rejected answer and the reason with the next request', async () => {
  const { agent, model } = answering([respond.text('You fool.'), respond.text('You friend.')], {
    middleware: [against('fool')],
  });
  const { output, messages, usage: used } = await agent.run('Who am I?');
  expect(output).toBe('You friend.');
  expect(used.requests).toBe(2);
  const conversation = [{ role: 'user', content: 'Who am I?' }, sent('You fool.'), correction('say no fool')];
  expect(model.requests[1]?.messages).toEqual(conversation);
  expect(messages).toEqual([...conversation, sent('You friend.')]);
});

test('ends the run as refused without a retry left', async () => {
  const { agent, model } = answering([respond.text('You fool.')], { middleware: [against('fool', 0)] });
  expect(await agent.run('Who am I?').outcome()).toMatchObject({
    status: 'refused',
    refusal: 'say no fool',
    turnCount: 1,
  });
  expect(model.requests).toHaveLength(1);
});

test('counts the retries of each guard separately, and resets them with an accepted answer', async () => {
  const replies = ['a', 'b', 'ok', 'a', 'b', 'fine'].map((text) =>
    text === 'ok' ? respond.calls([{ name: 'step', arguments: {} }], { text: 'On it.' }) : respond.text(text),
  );
  const step = tool({ name: 'step', description: 'S', input: z.object({}), effect: 'read', execute: () => 'done' });
  const { agent } = answering(replies, { tools: [step], middleware: [against('a'), against('b')] });
  expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'completed', output: 'fine', turnCount: 6 });
});

test('counts two rejections by one guard despite a rejection by another one between them', async () => {
  const { agent } = answering(
    ['a', 'b', 'a'].map((text) => respond.text(text)),
    { middleware: [against('a'), against('b')] },
  );
  expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'refused', guard: 'no a', turnCount: 3 });
});

test('runs no calls of a rejected response', async () => {
  const ran: string[] = [];
  const send = tool({ name: 'send', description: 'S', input: z.object({}), execute: () => void ran.push('sent') });
  const { agent } = answering(
    [respond.calls([{ name: 'send', arguments: {} }], { text: 'You fool.' }), respond.text('You friend.')],
    {
      tools: [send],
      middleware: [against('fool')],
    },
  );
  const outcome = await agent.run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'You friend.', toolCallCount: 0 });
  expect(outcome.messages[1]).toEqual(sent('You fool.'));
  expect(checkHistory(outcome.messages)).toEqual([]);
  expect(ran).toEqual([]);
});

test.each(['length', 'content_filter'])(
  'reprompts for a rejected text with the finish reason %s, and shows the text in no event',
  async (finishReason) => {
    const { agent } = answering([respond.text('You fool', { finishReason }), respond.text('You friend.')], {
      middleware: [against('fool')],
    });
    expect(await agent.run('Go.').outcome()).toMatchObject({
      status: 'completed',
      output: 'You friend.',
      turnCount: 2,
    });
    const refused = answering([respond.text('You fool', { finishReason })], { middleware: [against('fool', 0)] });
    const outcome = await refused.agent.run('Go.').outcome();
    expect(outcome).toMatchObject({ status: 'refused', refusal: 'say no fool' });
    expect('text' in outcome).toBe(false);
  },
);

test.each([true, false])('discards the deltas of a rejected response, stream: %s', async (stream) => {
  const { agent } = answering([respond.text('You fool.'), respond.text('You friend.')], {
    middleware: [against('fool')],
  });
  const pieces: string[] = [];
  const run = agent.run('Go.', { stream });
  run.on('text.delta', ({ turn, delta }) => pieces.push(`${turn}:${delta}`));
  run.on('attempt.discarded', ({ turn }) => pieces.push(`${turn} discarded`));
  await run;
  const at = pieces.indexOf('1 discarded');
  expect(pieces.slice(0, at).every((piece) => piece.startsWith('1:'))).toBe(true);
  expect(
    pieces
      .slice(at + 1)
      .map((piece) => piece.slice(2))
      .join(''),
  ).toBe('You friend.');
});

test('requests no other response in the last turn, and leaves no output', async () => {
  const step = tool({ name: 'step', description: 'S', input: z.object({}), effect: 'read', execute: () => 'done' });
  const { agent } = answering([respond.call('step'), respond.text('You fool.')], {
    tools: [step],
    middleware: [against('fool')],
    limits: { turns: 2 },
  });
  const outcome = await agent.run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'limited', limit: 'turns', turnCount: 2 });
  expect('output' in outcome).toBe(false);
});

test('sends steering messages with the next request', async () => {
  const { agent, model } = answering([respond.text('You fool.'), respond.text('You friend.')], {
    middleware: [against('fool')],
  });
  const run = agent.run('Who am I?');
  run.on('text.delta', ({ turn }) => void (turn === 1 && run.steer('In French.')));
  const { output } = await run;
  expect(output).toBe('You friend.');
  expect(model.requests[1]?.messages.map(({ content }) => content)).toContain('In French.');
});

test('applies the guard of a nested agent to its own turns', async () => {
  const inner = scriptedModel([respond.text('You fool.'), respond.text('You friend.')]);
  const helper = new Agent({ name: 'helper', model: inner, middleware: [against('fool')] });
  const { agent } = answering([respond.call('help', { prompt: 'Help.' }), respond.text('Done.')], {
    tools: [helper.asTool({ name: 'help', description: 'Helps.' })],
  });
  const outcome = await agent.run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'completed', turnCount: 2, usage: { requests: 4 } });
  expect(outcome.messages[2]?.content).toBe('You friend.');
});

test.each(hosts)('counts rejections across a suspension, on $name', async ({ open }) => {
  const host = open();
  const wait = tool({ name: 'wait', description: 'W', input: z.object({}) });
  const model = scriptedModel([
    respond.text('You fool.'),
    respond.call('wait'),
    respond.text('You fool.'),
    respond.text('You fool.'),
  ]);
  const agent = new Agent({ model, tools: [wait], middleware: [against('fool')] });
  const suspended = await agent.run('Go.', { host, runId: 'r' }).outcome();
  const [pending] = suspended.status === 'suspended' ? suspended.pending : [];
  await host.answer('r', pending?.id ?? '', { type: 'result', fingerprint: pending?.fingerprint ?? '', value: 'ok' });
  const outcome = await agent.resume('r', { host }).outcome();
  expect(outcome).toMatchObject({ status: 'refused', guard: 'no fool', turnCount: 4 });
  expect(model.requests).toHaveLength(4);
});
