import { Agent, memoryHost, tool } from '@pawl/core';
import { flow } from '@pawl/core/flow';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

test('is followed by a second run with the same id and input, and by its host', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = new Agent({
    name: 'slow',
    model: scriptedModel(async () => {
      await promise;
      return respond.text('ok');
    }),
  });
  const followed = flow({
    name: 'followed',
    run: async (count: number, { run }) => `${count} ${(await run(slow, 'x', { step: 'a' })).output}`,
  });
  const host = memoryHost();
  const first = followed.run(5, { host, runId: 'run' });
  await new Promise((begun) => first.on('attempt.started', begun));
  const second = followed.run(5, { host, runId: 'run', onExistingRun: 'attach' });
  const places: string[] = [];
  const reading = (async () => {
    for await (const { path, type } of second) places.push(`${path} ${type}`);
  })();
  resolve();
  expect((await second).output).toBe('5 ok');
  await reading;
  const journal = [' run.started', 'step:a run.started', 'step:a model.responded', ' step.finished', ' flow.ended'];
  expect(places.filter((place) => journal.includes(place))).toEqual(journal);
  expect((await first).output).toBe('5 ok');
  const recorded: string[] = [];
  for await (const { path, event } of host.followRun('run')) recorded.push(`${path} ${event.type}`);
  expect(recorded).toEqual(journal);
  const other = followed.run(6, { host, runId: 'run', onExistingRun: 'attach' });
  await expect(other.outcome()).rejects.toMatchObject({ code: 'run.conflict' });
});

test('ends at once when it is aborted, whatever its code, the tools and the agents inside do', async () => {
  const deaf = tool({
    name: 'deaf',
    description: 'Ends never.',
    input: z.object({}),
    execute: () => new Promise<string>(() => undefined),
  });
  const inner = new Agent({ name: 'inner', model: scriptedModel([respond.call('deaf', {})]), tools: [deaf] });
  const delegate = tool({
    name: 'delegate',
    description: 'Delegates.',
    input: z.object({}),
    execute: async (_, { run }) => (await run(inner, 'x', { step: 'a' })).output,
  });
  const lead = new Agent({ name: 'lead', model: scriptedModel([respond.call('delegate', {})]), tools: [delegate] });
  const stubborn = flow({
    name: 'stubborn',
    run: async (_: string, { run }) => {
      await run(lead, 'x', { step: 'lead' }).catch(() => undefined);
      await new Promise(() => undefined);
    },
  });
  const run = stubborn.run('x');
  run.on('tool.started', ({ toolName }) => toolName === 'deaf' && run.abort('Enough.'));
  expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.', usage: { requests: 2 } });
});

test('is cancelled through its host while it waits', async () => {
  const waiting = flow({ name: 'waiting', run: async (_: string, { ask }) => ask('Well?', { step: 'a' }) });
  const host = memoryHost();
  await waiting.run('x', { host, runId: 'run' }).outcome();
  await host.cancel('run', { reason: 'Never mind.' });
  const outcome = await waiting.resume('run', { host }).outcome();
  expect(outcome).toMatchObject({ status: 'aborted', reason: 'Never mind.' });
  expect(await waiting.resume('run', { host }).outcome()).toEqual(outcome);
});

test('ends as limited when its time is over', async () => {
  const clock = manualClock();
  const endless = flow({
    name: 'endless',
    clock,
    limits: { durationMs: 1_000 },
    run: () => new Promise<string>(() => undefined),
  });
  const run = endless.run('x');
  await new Promise((begun) => run.on('run.started', begun));
  await clock.advance(1_000);
  expect(await run.outcome()).toMatchObject({ status: 'limited', limit: 'durationMs', max: 1_000, spent: 1_000 });
});

test('a limit on requests holds for all agents of a flow, also in parallel', async () => {
  const model = scriptedModel(() => respond.text('Done.'));
  const worker = new Agent({ name: 'worker', model });
  const crowd = flow({
    name: 'crowd',
    limits: { requests: 3 },
    run: async (_: string, { run }) => {
      await Promise.all([1, 2, 3, 4, 5].map((index) => run(worker, 'Work.', { step: `work-${index}` })));
      return 'all';
    },
  });
  expect(await crowd.run('x').outcome()).toMatchObject({ status: 'limited', limit: 'requests', max: 3 });
  expect(model.requests).toHaveLength(3);
});
