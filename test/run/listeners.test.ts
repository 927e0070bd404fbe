import { Agent, type RunEvent } from '@pawl/core';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { weather } from './weather.ts';

function agent(): Agent {
  const model = scriptedModel([respond.call('get_weather', { city: 'Oslo' }), respond.text('Rain.')]);
  return new Agent({ model, tools: [weather], clock: manualClock() });
}

test('passes the same events to a listener for all events as to a reader', async () => {
  const run = agent().run('Umbrella?');
  const heard: RunEvent[] = [];
  run.on('*', (event) => heard.push(event));
  const read: RunEvent[] = [];
  for await (const event of run) read.push(event);

  expect(heard).toEqual(read);
  expect(heard.at(-1)?.type).toBe('run.finished');
});

test('passes later events to a late listener', async () => {
  const run = agent().run('Umbrella?');
  const heard: string[] = [];
  run.on('tool.finished', () => run.on('*', ({ type }) => heard.push(type)));
  await run;

  // eventemitter3 calls the listeners of every event after those of the type, so they get the event itself as well.
  expect(heard).toEqual(['tool.finished', 'attempt.started', 'text.delta', 'model.responded', 'run.finished']);
});

test('passes no events to a removed listener', async () => {
  const run = agent().run('Umbrella?');
  const heard: string[] = [];
  const listener = ({ type }: RunEvent): void => {
    heard.push(type);
    if (type === 'tool.started') run.off('*', listener);
  };
  run.on('*', listener);
  await run;

  expect(heard).toEqual(['run.started', 'attempt.started', 'model.responded', 'tool.started']);
});

test('requests a stream if a listener uses text deltas', async () => {
  const model = scriptedModel([respond.text('Rain, all day.')]);
  const run = new Agent({ model, clock: manualClock() }).run('Umbrella?');
  const pieces: string[] = [];
  run.on('text.delta', ({ delta }) => pieces.push(delta));
  await run;

  expect(pieces).toEqual(['Rain, ', 'all ', 'day.']);
  expect(model.requests.map(({ stream }) => stream)).toEqual([true]);
});

test('starts the run only after synchronously added listeners', async () => {
  const run = agent().run('Umbrella?');
  const heard: string[] = [];
  run.on('run.started', ({ type }) => heard.push(type));

  expect(heard).toEqual([]);
  await run;
  expect(heard).toEqual(['run.started']);
});

test('emits events that a listener causes after the event that it got', async () => {
  const run = agent().run('Umbrella?');
  run.on('tool.finished', () => {
    throw new Error('No.');
  });
  const heard: RunEvent[] = [];
  run.on('*', (event) => heard.push(event));
  const read: RunEvent[] = [];
  for await (const event of run) read.push(event);

  expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, index) => index + 1));
  expect(heard.map(({ type }) => type)).toContain('listener.failed');
  expect(read).toEqual(heard);
});
