import { Agent, openai } from '@pawl/core';
import { manualClock, offlineServer, respond } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { weather } from '../behaviours/weather.ts';

async function ask(
  agent: object,
  profile: object,
): Promise<{ readonly bodies: readonly object[]; readonly events: readonly string[]; readonly output: unknown }> {
  const script = [respond.call('get_weather', { city: 'Oslo' }), respond.text('Rain.')];
  const server = await offlineServer({ script: 'tools' in agent ? script : [respond.text('{"a":1}')] });
  onTestFinished(() => server.close());
  const model = openai('m', { baseURL: server.baseURL, profile });
  const run = new Agent({ clock: manualClock(), ...agent, model }).run('Go.', { stream: true });
  const events: string[] = [];
  run.on('*', ({ type }) => events.push(type));
  const outcome = await run.outcome();
  const output = outcome.status === 'completed' ? outcome.output : outcome;
  return { bodies: server.requests.map(({ body }) => body), events, output };
}

test('sends requests with tools unstreamed to a server that does not stream calls, with the same events', async () => {
  const whole = await ask({ tools: [weather] }, { streamsTools: false });
  const streamed = await ask({ tools: [weather] }, {});
  expect(whole.bodies.map((body) => ['stream' in body, 'stream_options' in body])).toEqual([
    [false, false],
    [false, false],
  ]);
  expect(streamed.bodies.every((body) => 'stream' in body)).toBe(true);
  expect(whole.output).toBe('Rain.');
  expect(new Set(whole.events)).toEqual(new Set(streamed.events));
});

test('still streams requests without tools', async () => {
  const { bodies } = await ask({}, { streamsTools: false });
  expect(bodies.map((body) => 'stream' in body)).toEqual([true]);
});

test('counts the final tool as a tool', async () => {
  const server = await offlineServer({ script: [respond.call('final_answer', { a: 1 })] });
  onTestFinished(() => server.close());
  const profile = { responseFormat: 'tool', streamsTools: false } as const;
  const model = openai('m', { baseURL: server.baseURL, profile });
  const agent = new Agent({ model, output: z.object({ a: z.number() }), clock: manualClock() });
  expect((await agent.run('Go.', { stream: true })).output).toEqual({ a: 1 });
  expect(server.requests[0]?.body).not.toHaveProperty('stream');
});

test('counts legacy functions as tools', async () => {
  const { bodies, output } = await ask({ tools: [weather] }, { base: 'legacy', streamsTools: false });
  expect(bodies[0]).toHaveProperty('functions');
  expect(bodies[0]).not.toHaveProperty('stream');
  expect(output).toBe('Rain.');
});
