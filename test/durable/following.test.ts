import { Agent, type Host, type RunEvent, tool } from '@pawl/core';
import { createEventReader } from '@pawl/core/host';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

interface GatedAgent {
  readonly agent: Agent;
  /** Lets the tool return. */
  readonly finish: () => void;
}

function createGatedAgent({ needsApproval = false } = {}): GatedAgent {
  const work = Promise.withResolvers<string>();
  const build = tool({
    name: 'build',
    description: 'Builds.',
    input: z.object({}),
    needsApproval,
    execute: () => work.promise,
  });
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Built.') : respond.call('build'),
  );
  return { agent: new Agent({ name: 'builder', model, tools: [build] }), finish: () => work.resolve('built') };
}

async function listTypes(host: Host): Promise<readonly string[]> {
  return (await host.getRun('run')).events.map(({ event }) => event.type);
}

// The clock stands still: a follower that pauses would never wake.
describe.each(hosts)('on $name, followRun', ({ open }) => {
  test('yields each event at once while this process works on the run', async () => {
    const host = open({ clock: manualClock({ sleeps: 'held' }) });
    const { agent, finish } = createGatedAgent();
    const run = agent.run('Go.', { host, runId: 'run' });
    await new Promise((resolve) => run.on('tool.started', resolve));
    const types: string[] = [];
    for await (const { event } of host.followRun('run')) {
      types.push(event.type);
      if (types.length === 2) finish();
    }
    expect(types).toEqual(['run.started', 'model.responded', 'tool.finished', 'model.responded']);
    expect(types).toEqual(await listTypes(host));
    expect((await host.getRun('run')).status).toBe('completed');
  });

  test('ends with `untilSuspended` when the run waits for an answer, and when it has ended', async () => {
    const host = open({ clock: manualClock({ sleeps: 'held' }) });
    const { agent, finish } = createGatedAgent({ needsApproval: true });
    finish();
    const run = agent.run('Go.', { host, runId: 'run' });
    await new Promise((resolve) => run.on('run.started', resolve));
    const types: string[] = [];
    let last = 0;
    for await (const { event, position } of host.followRun('run', { untilSuspended: true })) {
      types.push(event.type);
      last = position;
    }
    expect(types).toEqual(['run.started', 'model.responded', 'approval.requested']);
    const outcome = await run.outcome();
    const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
    await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
    const resumed = agent.resume('run', { host });
    await new Promise((resolve) => resumed.on('run.started', resolve));
    const rest: string[] = [];
    for await (const { event } of host.followRun('run', { untilSuspended: true, after: last })) rest.push(event.type);
    expect(rest.at(-1)).toBe('model.responded');
    expect((await host.getRun('run')).status).toBe('completed');
  });

  test('and the reader of `createEventReader` give the events that a listener gets', async () => {
    const host = open({ clock: manualClock({ sleeps: 'held' }) });
    const { agent, finish } = createGatedAgent();
    finish();
    const heard: RunEvent[] = [];
    const run = agent.run('Go.', { host, runId: 'run' }).on('*', (event) => heard.push(event));
    expect((await run.outcome()).status).toBe('completed');
    const { record, events } = await host.getRun('run');
    const complete = createEventReader(record);
    const withoutSeq = ({ seq: _, ...event }: RunEvent): object => event;
    const stored = heard.filter(({ position }) => position !== undefined).map(withoutSeq);
    expect(events.map(complete).map(withoutSeq)).toEqual(stored);
    expect(stored).toContainEqual(
      expect.objectContaining({ type: 'tool.finished', toolName: 'build', output: 'built' }),
    );
  });

  test('wakes when a queued run, and later the resumed one, begins in this process', async () => {
    const host = open({ clock: manualClock({ sleeps: 'held' }) });
    const { agent, finish } = createGatedAgent({ needsApproval: true });
    finish();
    await host.enqueue('builder', 'Go.', { runId: 'run' });
    const follower = host.followRun('run')[Symbol.asyncIterator]();
    const first = follower.next();
    const outcome = await agent.resume('run', { host }).outcome();
    const types = [(await first).value?.event.type];
    for (let count = 1; count < 3; count++) types.push((await follower.next()).value?.event.type);
    expect(types).toEqual(['run.started', 'model.responded', 'approval.requested']);
    const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
    const next = follower.next();
    await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
    const done = agent.resume('run', { host }).outcome();
    types.push((await next).value?.event.type);
    for (
      let { done: isDone, value } = await follower.next();
      isDone !== true;
      { done: isDone, value } = await follower.next()
    )
      types.push(value.event.type);
    expect((await done).status).toBe('completed');
    expect(types).toEqual(await listTypes(host));
  });

  test('does not make the requests of the run stream', async () => {
    const host = open();
    const streamed: unknown[] = [];
    const model = scriptedModel(({ stream }) => {
      streamed.push(stream);
      return respond.text('Done.');
    });
    const run = new Agent({ name: 'quiet', model }).run('Go.', { host, runId: 'run' });
    const followed: string[] = [];
    run.on('run.started', async () => {
      for await (const { event } of host.followRun('run')) followed.push(event.type);
    });
    await run.outcome();
    await expect.poll(() => followed).toEqual(['run.started', 'model.responded']);
    expect(streamed).not.toContain(true);
  });
});
