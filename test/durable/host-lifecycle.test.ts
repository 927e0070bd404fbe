import { Agent, systemClock, tool } from '@pawl/core';
import type { RecordedEvent } from '@pawl/core/host';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, hosts, openSqlite } from './hosts.ts';

interface Builder {
  readonly agent: Agent;
  /** Resolves when the tool has begun. */
  readonly begun: Promise<void>;
  readonly finish: () => void;
  /** The keys of the calls that ran, in order. */
  readonly ran: readonly string[];
}

/** Builds, which takes until it is told to finish, and pays, which a person has to approve. */
function builder(): Builder {
  const begun = Promise.withResolvers<void>();
  const work = Promise.withResolvers<string>();
  const ran: string[] = [];
  const build = tool({
    name: 'build',
    description: 'Builds.',
    input: z.object({}),
    execute: (_, { idempotencyKey }) => {
      ran.push(idempotencyKey);
      begun.resolve();
      return work.promise;
    },
  });
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const script = [respond.call('build', {}), respond.call('pay', {}), respond.text('Built.')];
  const model = scriptedModel(({ messages }) => {
    const turn = messages.filter(({ role }) => role === 'assistant').length;
    return script[turn] ?? respond.text('Nothing more.');
  });
  const agent = new Agent({ name: 'builder', model, tools: [build, pay], clock: systemClock });
  return { agent, begun: begun.promise, finish: () => work.resolve('built'), ran };
}

describe.each(hosts)('on $name', ({ open }) => {
  test('a run whose host closes stops after the call at work, and says that it can be resumed', async () => {
    const host = open();
    const { agent, begun, finish } = builder();
    const run = agent.run('Go.', { host, runId: 'run' });
    await begun;
    const facts: string[] = [];
    run.on('*', ({ type }) => facts.push(type));
    const closed = host.close();
    finish();
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'host.closing',
      message: expect.stringContaining('Resume the run'),
    });
    await closed;
    expect(facts).toEqual(['tool.finished']);
  });

  test('a host that has closed begins no run, and resumes none', async () => {
    const host = open();
    const { agent, finish } = builder();
    finish();
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.close();
    const another = agent.run('Go.', { host, runId: 'other' }).outcome();
    await expect(another).rejects.toMatchObject({ code: 'host.closing' });
    await expect(agent.resume('run', { host }).outcome()).rejects.toMatchObject({ code: 'host.closing' });
  });

  test('closing a host twice is closing it', async () => {
    const host = open();
    await Promise.all([host.close(), host.close()]);
    await host.close();
  });

  test('a run at work is cancelled: the call at work is given up, and the transcript says so', async () => {
    const host = open();
    const { agent, begun } = builder();
    const run = agent.run('Go.', { host, runId: 'run' });
    await begun;
    await host.cancel('run', { reason: 'Too dear.' });
    const outcome = await run.outcome();
    expect(outcome).toMatchObject({ status: 'aborted', reason: 'Too dear.' });
    expect(outcome.messages.at(-1)?.content).toMatch(/^Cancelled: the run was ended/);
    expect(await agent.resume('run', { host }).outcome()).toEqual(outcome);
  });

  test('a run that waits is cancelled: nothing is run, and no answer is taken any more', async () => {
    const host = open();
    const { agent, finish } = builder();
    finish();
    const paused = await agent.run('Go.', { host, runId: 'run' }).outcome();
    const [pending] = paused.status === 'suspended' ? paused.pending : [];
    await host.cancel('run', { reason: 'Too dear.' });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(outcome).toMatchObject({ status: 'aborted', reason: 'Too dear.' });
    const { id = '', fingerprint = '' } = pending ?? {};
    await expect(host.answer('run', id, { type: 'approve', fingerprint })).rejects.toMatchObject({
      code: 'approval.ended',
    });
  });

  test('a run that has ended is not cancelled any more', async () => {
    const host = open();
    const agent = new Agent({ name: 'quick', model: scriptedModel(() => respond.text('Done.')) });
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.cancel('run', { reason: 'Too late.' });
    expect(await agent.resume('run', { host }).outcome()).toEqual(outcome);
    await expect(host.cancel('another')).rejects.toMatchObject({ code: 'run.unknown' });
  });

  test('the events of a run are its facts as they are remembered, over its pauses, from any position on', async () => {
    const host = open();
    const { agent, finish } = builder();
    finish();
    const paused = await agent.run('Go.', { host, runId: 'run' }).outcome();
    const [pending] = paused.status === 'suspended' ? paused.pending : [];
    const { id = '', fingerprint = '' } = pending ?? {};
    await host.answer('run', id, { type: 'approve', fingerprint });
    await agent.resume('run', { host }).outcome();
    const facts = await read(host.followRun('run'));
    expect(facts.map(({ event: fact }) => fact.type)).toEqual([
      'run.started',
      'model.responded',
      'tool.finished',
      'model.responded',
      'approval.requested',
      'approval.answered',
      'tool.finished',
      'model.responded',
    ]);
    const after = facts[4]?.position ?? 0;
    expect(await read(host.followRun('run', { after }))).toEqual(facts.slice(5));
    await expect(read(host.followRun('another'))).rejects.toMatchObject({ code: 'run.unknown' });
  });

  test('whoever follows a run that waits stops when told to', async () => {
    const host = open();
    const { agent, finish } = builder();
    finish();
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const { event: fact } of host.followRun('run', { signal: stop.signal })) {
      seen.push(fact.type);
      if (fact.type === 'approval.requested') stop.abort();
    }
    expect(seen.at(-1)).toBe('approval.requested');
  });
});

async function read(events: AsyncIterable<RecordedEvent>): Promise<readonly RecordedEvent[]> {
  const facts: RecordedEvent[] = [];
  for await (const fact of events) facts.push(fact);
  return facts;
}

describe('on an SQLite file', () => {
  test('a run whose host closed is gone on with by the next, from the step after the last', async () => {
    const file = createFile();
    const [here, there] = [openSqlite(file), openSqlite(file)];
    const { agent, begun, finish, ran } = builder();
    const run = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    const closed = here.close();
    finish();
    await run.outcome().catch(() => undefined);
    await closed;
    expect((await there.listRuns())[0]).toMatchObject({ status: 'interrupted' });
    expect((await agent.resume('run', { host: there }).outcome()).status).toBe('suspended');
    expect(ran).toEqual(['run/tool:1.0:build']);
  });

  test('a run that did not stop in time is taken away: what it still does is not kept', async () => {
    const file = createFile();
    const [here, there] = [openSqlite(file), openSqlite(file)];
    const { agent, begun, finish } = builder();
    const run = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    await here.close({ graceMs: 0 });
    const again = await agent.resume('run', { host: there }).outcome();
    finish();
    await expect(run.outcome()).rejects.toMatchObject({ name: 'HostError' });
    expect(again.messages[2]?.content).toMatch(/^The outcome of this call is unknown/);
  });

  test('whoever looks on takes the run over where its worker closes', async () => {
    const file = createFile();
    const [here, there] = [openSqlite(file), openSqlite(file)];
    const { agent, begun, finish, ran } = builder();
    const run = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    const onlooker = agent.run('Go.', { host: there, runId: 'run', onExistingRun: 'attach' });
    const told: string[] = [];
    onlooker.on('*', ({ type }) => told.push(type));
    await new Promise((resolve) => onlooker.on('model.responded', resolve));
    finish();
    await here.close();
    await run.outcome().catch(() => undefined);
    expect((await onlooker.outcome()).status).toBe('suspended');
    expect(ran).toHaveLength(1);
    expect(told.filter((type) => type === 'run.started')).toHaveLength(1);
    expect(told.filter((type) => type === 'tool.finished')).toHaveLength(1);
  });

  test('whoever looks on hears what the agents inside do, each under its path', async () => {
    const file = createFile();
    const [here, there] = [openSqlite(file), openSqlite(file)];
    const { agent: inner, begun, finish } = builder();
    const model = scriptedModel(({ messages }) =>
      messages.some(({ role }) => role === 'tool')
        ? respond.text('Done.')
        : respond.call('delegate', { prompt: 'Go.' }),
    );
    const delegate = inner.asTool({ name: 'delegate', description: 'Delegates.' });
    const agent = new Agent({ name: 'asker', model, tools: [delegate], clock: systemClock });
    const first = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    const second = agent.resume('run', { host: there });
    const told: string[] = [];
    second.on('*', ({ path, type }) => told.push(`${path} ${type}`));
    await new Promise((resolve) => second.on('model.responded', resolve));
    finish();
    expect(await second.outcome()).toEqual(await first.outcome());
    expect(told).toEqual([
      ' run.started',
      ' model.responded',
      'tool:1.0 run.started',
      'tool:1.0 model.responded',
      'tool:1.0 tool.finished',
      'tool:1.0 model.responded',
      'tool:1.0 approval.requested',
      ' run.finished',
    ]);
  });

  test('resumeAll begins what was enqueued, goes on with what was answered, and leaves what waits', async () => {
    const host = openSqlite(createFile());
    const { agent, finish } = builder();
    finish();
    for (const runId of ['answered', 'waits']) {
      const paused = await agent.run('Go.', { host, runId }).outcome();
      const [pending] = paused.status === 'suspended' ? paused.pending : [];
      const { id = '', fingerprint = '' } = pending ?? {};
      if (runId === 'answered') await host.answer(runId, id, { type: 'approve', fingerprint });
    }
    await host.enqueue('builder', 'Go.', { runId: 'enqueued' });
    await host.enqueue('another', 'Go.', { runId: 'foreign' });
    const runs = await host.resumeAll([agent]);
    const outcomes = await Promise.all(runs.map((run) => run.outcome()));
    const ended = outcomes.map(({ runId, status }) => `${runId}: ${status}`).sort();
    expect(ended).toEqual(['answered: completed', 'enqueued: suspended']);
    expect((await host.listRuns({ status: 'queued' })).map(({ runId }) => runId)).toEqual(['foreign']);
  });
});

test('without a host a run that waits says what for, and its messages can go on as another run', async () => {
  const { agent, finish } = builder();
  finish();
  const paused = await agent.run('Go.').outcome();
  expect(paused).toMatchObject({ status: 'suspended', pending: [{ id: 'approve:2.0', input: {} }] });
  const words = { role: 'user', content: 'Leave it.' } as const;
  const { output } = await agent.run([...paused.messages, words]);
  expect(output).toBe('Built.');
});
