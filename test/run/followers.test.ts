import { Agent, type ChatModel, type Host, memoryHost, type Run, type RunEvent, tool } from '@pawl/core';
import type { LiveRecord, RecordedEvent } from '@pawl/core/host';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

/** An agent whose model stops after its first pieces until it may go on. */
function pausing(): { readonly agent: Agent; readonly goOn: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  // By hand: a scripted model gives its pieces all at once.
  const model: ChatModel = {
    name: 'm',
    send: async (_, { onDelta = () => undefined } = {}) => {
      for (const delta of ['One ', 'two ']) await onDelta({ type: 'text', delta });
      await promise;
      await onDelta({ type: 'text', delta: 'three.' });
      const message = { role: 'assistant', content: 'One two three.' } as const;
      return { choices: [{ index: 0, message, finish_reason: 'stop' }] };
    },
  };
  return { agent: new Agent({ model }), goOn: resolve };
}

const textOf = (events: readonly RunEvent[]): string =>
  events.map((event) => (event.type === 'text.delta' ? event.delta : '')).join('');

async function read(run: Run): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

/** Until the model has given its first pieces. */
async function begun(agent: Agent, host: Host): Promise<{ readonly run: Run }> {
  const run = agent.run('Go.', { host, runId: 'r', stream: true });
  let text = '';
  run.on('text.delta', ({ delta }) => {
    text += delta;
  });
  await expect.poll(() => text).toBe('One two ');
  return { run };
}

describe.each(hosts)('a reader on $name that comes while the model answers', ({ open }) => {
  test.each(['attach', 'resume', 'late iteration'])('gets the text from the beginning of the turn: %s', async (way) => {
    const host = open();
    const { agent, goOn } = pausing();
    const { run } = await begun(agent, host);
    const follower =
      way === 'attach'
        ? agent.run('Go.', { host, runId: 'r', onExistingRun: 'attach' })
        : way === 'resume'
          ? agent.resume('r', { host })
          : run;
    const reading = read(follower);
    follower.on('text.delta', goOn);
    if (follower === run) goOn(); // It has read what there is.
    const events = await reading;

    expect(textOf(events)).toBe('One two three.');
    const types = events.map(({ type }) => type);
    expect(types.indexOf('attempt.started')).toBeLessThan(types.indexOf('text.delta'));
    expect(types.slice(-2)).toEqual(['model.responded', 'run.finished']);
    expect(await follower.outcome()).toEqual(await run.outcome());
  });

  test('gets live and recorded events once each, in order, by host.followRun', async () => {
    const host = open();
    const { agent, goOn } = pausing();
    const { run } = await begun(agent, host);
    const records: (RecordedEvent | LiveRecord)[] = [];
    for await (const each of host.followRun('r', { live: true })) {
      records.push(each);
      if ('liveEvent' in each && each.liveEvent.type === 'text.delta') goOn();
    }
    await run;

    expect(records.map((each) => ('liveEvent' in each ? each.liveEvent.type : each.event.type))).toEqual([
      'run.started',
      'attempt.started',
      'text.delta',
      'text.delta',
      'model.responded',
    ]);
  });

  test('gets only recorded events by host.followRun without live', async () => {
    const host = open();
    const { agent, goOn } = pausing();
    const { run } = await begun(agent, host);
    const records: RecordedEvent[] = [];
    const following = (async () => {
      for await (const each of host.followRun('r')) records.push(each);
    })();
    goOn();
    await Promise.all([run, following]);

    expect(records.map(({ event }) => event.type)).toEqual(['run.started', 'model.responded']);
  });

  test('gets the running tools and their last progress', async () => {
    const host = open();
    const { promise, resolve } = Promise.withResolvers<void>();
    const reported = Promise.withResolvers<void>();
    const slow = tool({
      name: 'slow',
      description: 'Slow.',
      input: z.object({}),
      effect: 'read',
      execute: async (_, { reportProgress: progress }) => {
        progress(1);
        progress(2);
        reported.resolve();
        await promise;
        return 'done';
      },
    });
    const model = scriptedModel([respond.call('slow', {}), respond.text('End.')]);
    const agent = new Agent({ model, tools: [slow] });
    const run = agent.run('Go.', { host, runId: 'r' });
    run.on('tool.started', () => undefined);
    await reported.promise;
    const follower = agent.resume('r', { host });
    follower.on('tool.started', () => resolve());
    const events = await read(follower);

    const ofTool = events.filter(({ type }) => type.startsWith('tool.'));
    expect(ofTool.map((event) => (event.type === 'tool.progress' ? event.progress : event.type))).toEqual([
      'tool.started',
      2,
      'tool.finished',
    ]);
    await run;
  });
});

test('streams the next request for a follower that uses deltas', async () => {
  const host = memoryHost();
  const { promise, resolve } = Promise.withResolvers<void>();
  const wait = tool({ name: 'wait', description: 'W', input: z.object({}), effect: 'read', execute: () => promise });
  const model = scriptedModel([respond.call('wait', {}), respond.text('One two three.')]);
  const agent = new Agent({ model, tools: [wait] });
  const run = agent.run('Go.', { host, runId: 'r' });
  await new Promise((heard) => run.on('tool.started', heard));
  const follower = agent.resume('r', { host });
  const pieces: string[] = [];
  follower.on('text.delta', ({ delta }) => pieces.push(delta));
  await new Promise((heard) => follower.on('model.responded', heard));
  resolve();
  await Promise.all([run, follower]);

  expect(model.requests.map(({ stream = false }) => stream)).toEqual([false, true]);
  expect(pieces).toEqual(['One ', 'two ', 'three.']);
});

test('does not pause the worker for a slow follower', async () => {
  const host = memoryHost();
  const words = Array.from({ length: 2_000 }, (_, index) => `${index} `);
  const agent = new Agent({ model: scriptedModel([respond.text(words.join(''))]) });
  const run = agent.run('Go.', { host, runId: 'r', stream: true });
  await new Promise((heard) => run.on('run.started', heard));
  const follower = agent.resume('r', { host });
  const reader = follower[Symbol.asyncIterator]();
  await reader.next();
  const { output } = await run;

  expect(output).toBe(words.join(''));
});

test('does not give discarded text to a later reader', async () => {
  const { promise: until, resolve } = Promise.withResolvers<void>();
  const model = scriptedModel([
    respond.cut(respond.text('Half of it')),
    respond.delayed(respond.text('All of it.'), { until }),
  ]);
  const agent = new Agent({ model, retry: { initialDelayMs: 0, maxDelayMs: 0 } });
  const run = agent.run('Go.', { stream: true });
  await new Promise((heard) => run.on('attempt.started', ({ attempt }) => attempt === 2 && heard(undefined)));
  const reading = read(run);
  resolve();

  expect(textOf(await reading)).toBe('All of it.');
});
