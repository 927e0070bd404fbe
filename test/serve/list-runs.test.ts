import { Agent, jsonSchema, memoryHost, tool } from '@pawl/core';
import { bearer } from '@pawl/serve';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import {
  createEchoAgent,
  createRefundAgent,
  createWeatherAgent,
  type RunningServer,
  startServer,
  withKey,
} from './serve-agents.ts';

/** Lists the ids of the runs that a query selects, over all pages. */
async function listIds({ send }: RunningServer, query: string, init?: RequestInit): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const page = await (await send(`/v1/runs?${query}${after}`, undefined, init)).json();
    ids.push(...page.data.map(({ id }: { readonly id: string }) => id));
    if (page.next === null) return ids;
    after = `&after=${page.next}`;
  }
}

test('lists runs of several statuses in one order, page by page', async () => {
  const host = memoryHost();
  const server = await startServer({ agents: [createEchoAgent(), createRefundAgent()], host });
  await createEchoAgent().run('Hi.', { host, runId: 'e1' });
  await createRefundAgent().run('Refund order 7.', { host, runId: 'r1' }).outcome();
  await createEchoAgent().run('Hi.', { host, runId: 'e2' });
  await host.enqueue('echo', 'Later.', { runId: 'q1' });
  await createRefundAgent().run('Refund order 7.', { host, runId: 'r2' }).outcome();
  expect(await listIds(server, 'status=suspended,completed&limit=1')).toEqual(['r2', 'e2', 'r1', 'e1']);
  expect(await listIds(server, 'status=suspended,completed&limit=3&order=asc')).toEqual(['e1', 'r1', 'e2', 'r2']);
  expect(await listIds(server, 'status=queued')).toEqual(['q1']);
  const refused = await server.send('/v1/runs?status=suspended,done');
  expect(await refused.json()).toMatchObject({ error: { param: 'status' } });
  expect((await server.send('/v1/runs?order=up')).status).toBe(400);
});

test('finds runs by a text in their id, agent, answer or error, of any case', async () => {
  const host = memoryHost();
  const failing = createEchoAgent({ model: scriptedModel([respond.httpError(401, { message: 'No "credit" left.' })]) });
  const server = await startServer({ agents: [createEchoAgent(), createWeatherAgent()], host });
  await createWeatherAgent().run('Go.', { host, runId: 'one' });
  await createEchoAgent().run('A crocodile.', { host, runId: 'two' });
  await failing.run('Go.', { host, runId: 'three' }).outcome();
  expect(await listIds(server, 'text=CROCO')).toEqual(['two']);
  expect(await listIds(server, 'text=Rome')).toEqual(['one']);
  expect(await listIds(server, 'text=weather')).toEqual(['one']);
  expect(await listIds(server, `text=${encodeURIComponent('"credit"')}`)).toEqual(['three']);
  expect(await listIds(server, 'text=thre')).toEqual(['three']);
  expect(await listIds(server, 'text=nothing')).toEqual([]);
});

test('lists runs that were started since a time', async () => {
  const host = memoryHost();
  const server = await startServer({ agents: [createEchoAgent()], host });
  await createEchoAgent().run('Hi.', { host, runId: 'run' });
  const [run] = await host.listRuns();
  expect(await listIds(server, `since=${run?.startedAt}`)).toEqual(['run']);
  expect(await listIds(server, `since=${(run?.startedAt ?? 0) + 1}`)).toEqual([]);
});

test('shows an operator of a tenant only its runs, although it asks for several statuses and a text', async () => {
  const authorize = bearer({
    acme: { id: 'op', tenant: 'acme', isOperator: true },
    other: { id: 'op', tenant: 'other' },
  });
  const host = memoryHost();
  const server = await startServer({ agents: [createEchoAgent()], host, authorize });
  for (const key of ['acme', 'other', 'acme'])
    await server.send('/v1/runs', { agent: 'echo', input: 'Hi.' }, withKey(key));
  const [first, , third] = (await host.listRuns()).map(({ runId }) => runId);
  for (const query of ['status=completed,failed', 'text=you%20wrote', 'limit=1'])
    expect(await listIds(server, query, withKey('acme'))).toEqual([third, first]);
});

test('says with details where a run comes from and what it has used, also while it is at work', async () => {
  const host = memoryHost();
  const { promise, resolve } = Promise.withResolvers<string>();
  const wait = tool({ name: 'wait', effect: 'read', input: jsonSchema({ type: 'object' }), execute: () => promise });
  const model = scriptedModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? respond.text('Done.') : respond.call('wait'),
  );
  const agent = new Agent({ name: 'waiting', model, tools: [wait] });
  const server = await startServer({ agents: [agent], host, details: true });
  const run = agent.run('Go.', { host, runId: 'run', owner: 'ada', metadata: { ticket: 7 } });
  const outcome = run.outcome();
  await expect.poll(async () => (await host.getRun('run')).events.length).toBe(2);
  const { data } = await (await server.send('/v1/runs')).json();
  expect(data[0]).toMatchObject({
    status: 'running',
    outcome: null,
    details: {
      metadata: { ticket: 7 },
      owner: 'ada',
      attempts: 1,
      conversation: null,
      forkedFrom: null,
      totals: { turnCount: 1, toolCallCount: 0, usage: { requests: 1 } },
    },
  });
  resolve('yes');
  await outcome;
  const forked = await (await server.send('/v1/runs/run/fork', { before: 'model:2', recheckApprovals: true })).json();
  expect(forked.details).toMatchObject({ forkedFrom: { runId: 'run', before: 'model:2' }, owner: 'ada' });
  expect(await listIds(server, `metadata=${encodeURIComponent('{"ticket":7}')}`)).toEqual([forked.id, 'run']);
  expect(await listIds(server, `metadata=${encodeURIComponent('{"ticket":8}')}`)).toEqual([]);
  expect((await server.send('/v1/runs?metadata=7')).status).toBe(400);
  expect((await server.send('/v1/runs/run/fork', { before: 'model:2', recheckApprovals: 'yes' })).status).toBe(400);
});

test('without details says nothing more than before, and does not select by metadata of others', async () => {
  const host = memoryHost();
  const server = await startServer({ agents: [createEchoAgent()], host });
  await createEchoAgent().run('Hi.', { host, runId: 'run', metadata: { secret: 'plum' } });
  const text = await (await server.send('/v1/runs')).text();
  expect(text).not.toContain('plum');
  expect(text).not.toContain('details');
  expect(await (await server.send('/v1/runs/run')).text()).not.toContain('plum');
  expect(await listIds(server, 'text=plum')).toEqual([]);
  const refused = await server.send(`/v1/runs?metadata=${encodeURIComponent('{"secret":"plum"}')}`);
  expect(await refused.json()).toMatchObject({ error: { param: 'metadata' } });
});
