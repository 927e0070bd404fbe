import { inspect } from 'node:util';
import { Agent, azure, memoryHost, openai, PawlError, withFallback } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';
import { expect, test } from 'vitest';
import { CANARY } from './canary.ts';
import { hasLeak, searchCounts, searchErrors, takeLeaks } from './watch.ts';

test('models without their own key send the canary key', async () => {
  const server = await offlineServer({ script: [respond.text('Hi')] });
  await openai('m', { baseURL: server.baseURL }).send({ messages: [{ role: 'user', content: 'Hi' }] });
  expect(server.requests[0]?.headers['authorization']).toEqual(`Bearer ${CANARY}`);
  await server.close();
});

test('searches every kind of output of a run', async () => {
  const server = await offlineServer({ script: [respond.httpError(401), respond.text('Hi')] });
  const before = { ...searchCounts };
  const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }) });
  await agent.run('Hi').outcome();
  const run = agent.run('Hi').on('run.finished', () => undefined);
  for await (const _ of run);
  await run.outcome();
  console.info('Printed.');
  searchErrors();
  const kinds = Object.keys(before) as (keyof typeof before)[]; // It has no other keys.
  expect(kinds.filter((kind) => searchCounts[kind] <= before[kind])).toEqual([]);
  await server.close();
});

test('finds a leak of each kind', async () => {
  const server = await offlineServer({ script: [respond.text(`It is ${CANARY}.`), respond.text('Hi')] });
  const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }) });
  const run = agent.run('Hi').on('text.delta', () => undefined);
  await run.outcome();
  console.info(`It is ${CANARY}.`);
  const cause = Object.assign(new Error('inner'), { headers: { authorization: CANARY } });
  const outer = new PawlError('outer', { code: 'a.b', cause });
  searchErrors();
  const kinds = new Set(takeLeaks().map((leak) => leak.split(':')[0]));
  expect([...kinds].sort()).toEqual(['error', 'event', 'outcome', 'output', 'record']);
  expect([
    hasLeak(outer),
    hasLeak({ received: `cut off: ${CANARY.slice(0, -4)}` }),
    hasLeak([new Error('outer', { cause: { key: CANARY } })]),
    hasLeak(Object.defineProperty(new Error('hidden'), 'key', { value: CANARY, enumerable: false })),
    hasLeak({ error: new Error(CANARY) }),
    hasLeak(new Error('nothing')),
  ]).toEqual([true, true, true, true, true, false]);
  await server.close();
});

test.fails('fails a test that prints the key', () => {
  console.info(`It is ${CANARY}.`);
});

test('prints no object of Pawl with the key', async () => {
  const server = await offlineServer({ script: [respond.text('Hi')] });
  const model = openai('m', { baseURL: server.baseURL });
  const host = memoryHost();
  const agent = new Agent({ model });
  const run = agent.run('Hi', { host });
  const at = azure('m', { endpoint: server.baseURL, apiKey: CANARY, query: { key: CANARY } });
  const asking = openai('m', { apiKey: () => CANARY, headers: { 'api-key': CANARY }, extraBody: { key: CANARY } });
  const things = [model, at, asking, withFallback(model, at), agent, run, host, await run.outcome()];
  const texts = things.map((thing) => inspect(thing, { depth: 20, showHidden: true, getters: true }));
  expect(texts.map((text) => text.includes(CANARY))).toEqual(things.map(() => false));
  await server.close();
});
