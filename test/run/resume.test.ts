import { Agent, type Host, type HostError, memoryHost, type RunEvent } from '@pawl/core';
import { manualClock, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { weather } from './weather.ts';

function agent(script: readonly ScriptedModelResponse[], name = 'weather'): Agent {
  return new Agent({ name, model: scriptedModel(script), tools: [weather], clock: manualClock() });
}

async function codeOf(work: PromiseLike<unknown>): Promise<unknown> {
  return work.then(
    () => 'no error',
    ({ code }: HostError) => code,
  );
}

async function endedOn(host: Host): Promise<unknown> {
  return agent([respond.text('Rain.')])
    .run('Umbrella?', { runId: 'run', host })
    .outcome();
}

test('returns the outcome of an ended run without a request', async () => {
  const host = memoryHost();
  const ended = await endedOn(host);
  const again = agent([]).resume('run', { host });
  const events: RunEvent[] = [];
  for await (const event of again) events.push(event);

  expect(await again.outcome()).toEqual(ended);
  expect(events.map(({ type, replayed }) => ({ type, replayed }))).toEqual([{ type: 'run.finished', replayed: true }]);
});

test('validates the output of an ended run again', async () => {
  const host = memoryHost();
  const output = z.object({ at: z.iso.datetime().transform((text) => new Date(text)) });
  const dated = new Agent({ model: scriptedModel([respond.text('{"at":"2026-01-02T03:04:05Z"}')]), output });
  const { output: first } = await dated.run('When?', { runId: 'run', host });

  expect(first).toEqual({ at: new Date('2026-01-02T03:04:05Z') });
  expect((await dated.resume('run', { host })).output).toEqual(first);
});

test('refuses a run id that exists with run.exists', async () => {
  const host = memoryHost();
  await endedOn(host);

  expect(await codeOf(agent([]).run('Again?', { runId: 'run', host }).outcome())).toBe('run.exists');
});

test('refuses to resume an unknown run with run.unknown', async () => {
  expect(await codeOf(agent([]).resume('run', { host: memoryHost() }).outcome())).toBe('run.unknown');
});

test('follows a running run with a second resume, and gives both its outcome', async () => {
  const host = memoryHost();
  const { promise: until, resolve } = Promise.withResolvers<void>();
  const run = agent([respond.delayed(respond.text('Rain.'), { until })]).run('Umbrella?', { runId: 'run', host });
  await new Promise((heard) => run.on('attempt.started', heard));

  const onlooker = agent([]).resume('run', { host });
  const events: RunEvent[] = [];
  onlooker.on('*', (event) => events.push(event));
  await new Promise((heard) => onlooker.on('run.started', heard));
  resolve();
  expect(await onlooker.outcome()).toEqual(await run.outcome());
  expect(events.map(({ type, replayed }) => ({ type, replayed }))).toEqual([
    { type: 'run.started', replayed: true },
    { type: 'attempt.started', replayed: undefined },
    { type: 'text.delta', replayed: undefined },
    { type: 'model.responded', replayed: undefined },
    { type: 'run.finished', replayed: undefined },
  ]);
});

test('cancels a running run if a follower aborts', async () => {
  const host = memoryHost();
  const { promise: until } = Promise.withResolvers<void>();
  const run = agent([respond.delayed(respond.text('Rain.'), { until })]).run('Umbrella?', { runId: 'run', host });
  await new Promise((heard) => run.on('attempt.started', heard));

  const onlooker = agent([]).resume('run', { host });
  onlooker.abort('enough');
  expect(await onlooker.outcome()).toMatchObject({ status: 'aborted', reason: 'enough' });
  expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'enough' });
});

test('refuses to resume the run of another agent with run.agent, and leaves it resumable', async () => {
  const host = memoryHost();
  const ended = await endedOn(host);

  expect(await codeOf(agent([], 'other').resume('run', { host }).outcome())).toBe('run.agent');
  expect(await agent([]).resume('run', { host }).outcome()).toEqual(ended);
});

test('keeps runs without a host apart, even with one id', async () => {
  const start = (): PromiseLike<{ readonly output: string }> =>
    agent([respond.text('Rain.')]).run('Umbrella?', { runId: 'run' });

  expect([(await start()).output, (await start()).output]).toEqual(['Rain.', 'Rain.']);
});

test('rejects the run and its readers if the host fails, and leaves the run resumable', async () => {
  const host = new FaultyHost(memoryHost(), { at: 2, moment: 'after' });
  const broken = agent([respond.text('Rain.')]).run('Umbrella?', { runId: 'run', host });
  const events: string[] = [];
  const read = async (): Promise<void> => {
    for await (const { type } of broken) events.push(type);
  };

  expect(await codeOf(read())).toBe('process.gone');
  expect(await codeOf(broken)).toBe('process.gone');
  expect(await codeOf(broken.outcome())).toBe('process.gone');
  expect(events).toEqual(['run.started', 'attempt.started', 'text.delta', 'model.responded']);
  expect((await agent([]).resume('run', { host })).output).toBe('Rain.');
});

test('keeps an aborted run aborted', async () => {
  const host = memoryHost();
  const run = agent([respond.text('Rain.')]).run('Umbrella?', { runId: 'run', host });
  run.abort('Enough.');
  const outcome = await run.outcome();

  expect(outcome).toMatchObject({ status: 'aborted', reason: 'Enough.', turnCount: 0 });
  expect(await agent([]).resume('run', { host }).outcome()).toEqual(outcome);
});
