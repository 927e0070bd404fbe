import { Agent, type Host, type RunEvent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, hosts, openSqlite } from './hosts.ts';

/** Creates an agent that calls two tools in parallel, one of them an agent, and pays after an approval. */
function createPayer(): Agent {
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'seen' });
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const inner = new Agent({ name: 'inner', model: scriptedModel(() => respond.text('Found.')) });
  const model = scriptedModel(({ messages }) => {
    const results = messages.filter(({ role }) => role === 'tool').length;
    if (results === 0) return respond.calls([{ name: 'look' }, { name: 'find', arguments: { input: 'Oslo' } }]);
    return results === 2 ? respond.call('pay') : respond.text('Done.');
  });
  const find = inner.asTool({ name: 'find', description: 'Finds.' });
  return new Agent({ name: 'payer', model, tools: [look, pay, find] });
}

interface Placed {
  readonly path: string;
  readonly type: string;
  readonly position: number;
}

/** Returns the events with a position, in the order of recording: a resumed run replays parallel calls in the order of the calls. */
function listPlaced(events: readonly RunEvent[]): readonly Placed[] {
  const placed = events.flatMap(({ path, type, position }) =>
    position === undefined ? [] : [{ path, type, position }],
  );
  return placed.sort((one, other) => one.position - other.position);
}

/** Events that no host stores. */
const UNSTORED: ReadonlySet<string> = new Set(['run.finished', 'run.suspended', 'tool.suspended']);

async function collect(run: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

const isJournalEvent = (event: RunEvent): boolean => 'activeMs' in event;

async function listStored(host: Host): Promise<readonly Placed[]> {
  const { events } = await host.getRun('run');
  return events.map(({ path, event, position }) => ({ path, type: event.type, position }));
}

async function approve(host: Host): Promise<void> {
  const { outcome } = await host.getRun('run');
  const [pending] = outcome?.status === 'suspended' ? outcome.pending : [];
  await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
}

test('an event of a run without a host has no position', async () => {
  const events = await collect(createPayer().run('Go.'));
  expect(events.filter((event) => 'position' in event)).toEqual([]);
});

describe.each(hosts)('on $name, the position of an event', ({ open }) => {
  test('is the one of the journal, in a first attempt and in a resumed one', async () => {
    const host = open();
    const agent = createPayer();
    const first = await collect(agent.run('Go.', { host, runId: 'run' }));
    expect(listPlaced(first)).toEqual(await listStored(host));
    await approve(host);
    const resumed = await collect(agent.resume('run', { host }));
    const stored = await listStored(host);
    expect(listPlaced(resumed)).toEqual(stored);
    expect(new Set(stored.map(({ position }) => position)).size).toBe(stored.length);
  });

  test('is absent only in events that no host stores', async () => {
    const host = open();
    const agent = createPayer();
    const events = await collect(agent.run('Go.', { host, runId: 'run' }));
    const unplaced = events.filter((event) => isJournalEvent(event) && event.position === undefined);
    expect(unplaced.filter(({ type }) => !UNSTORED.has(type))).toEqual([]);
    const live = events.filter((event) => !isJournalEvent(event));
    expect(live.filter(({ position }) => position !== undefined)).toEqual([]);
  });

  test('is the same for a run that attaches in the same process, and for followers', async () => {
    const host = open();
    const agent = createPayer();
    const first = agent.run('Go.', { host, runId: 'run' });
    const attached = agent.run('Go.', { host, runId: 'run', onExistingRun: 'attach' });
    const [own, others] = await Promise.all([collect(first), collect(attached)]);
    const placed = listPlaced(own);
    expect(listPlaced(others)).toEqual(placed);
    await host.cancel('run');
    await agent.resume('run', { host }).outcome();
    const followed: unknown[] = [];
    for await (const { position, path, event } of host.followRun('run'))
      followed.push({ path, type: event.type, position });
    expect(followed.slice(0, placed.length)).toEqual(placed);
  });
});

test('the position of an event is the same for a run that follows another process', async () => {
  const file = createFile();
  const [here, there] = [openSqlite(file), openSqlite(file)];
  const agent = createPayer();
  const own = await collect(agent.run('Go.', { host: here, runId: 'run' }));
  const placed = listPlaced(own);
  await there.cancel('run');
  const events = await collect(agent.resume('run', { host: there }));
  expect(listPlaced(events)).toEqual(placed);
});
