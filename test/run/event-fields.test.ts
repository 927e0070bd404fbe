import { Agent, type Host, type RunEvent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';
import { useServer } from './use-server.ts';

type CallEvent = Extract<RunEvent, { readonly toolCallId: string }>;

const isAboutCall = (event: RunEvent): event is CallEvent => 'toolCallId' in event;

/** One tool for each kind of ending, and one that waits. */
const tools = [
  tool({ name: 'number', description: 'N', input: z.object({ n: z.number() }), effect: 'read', execute: ({ n }) => n }),
  tool({ name: 'text', description: 'T', input: z.object({}), effect: 'read', execute: () => '42' }),
  tool({ name: 'list', description: 'L', input: z.object({}), effect: 'read', execute: () => [{ a: 1 }] }),
  tool({
    name: 'long',
    description: 'O',
    input: z.object({}),
    effect: 'read',
    maxResultLength: 20,
    execute: () => ({ text: 'x'.repeat(50) }),
  }),
  tool({
    name: 'broken',
    description: 'B',
    input: z.object({}),
    effect: 'read',
    execute: () => {
      throw new Error('No.');
    },
  }),
  tool({
    name: 'pay',
    description: 'P',
    input: z.object({ eur: z.number() }),
    needsApproval: true,
    execute: ({ eur }) => `paid ${eur}`,
  }),
];

const CALLS = [
  ['number', { n: 7 }],
  ['text', {}],
  ['list', {}],
  ['long', {}],
  ['broken', {}],
  ['pay', { eur: 1 }],
] as const;

function newAgent(): Agent {
  const calls = CALLS.map(([name, given]) => ({ name, arguments: given }));
  return new Agent({ name: 'clerk', model: scriptedModel([respond.calls(calls), respond.text('End.')]), tools });
}

/** The events of a run that was suspended, answered and resumed: those of the first attempt, and those of the second. */
async function played(host: Host): Promise<readonly [readonly RunEvent[], readonly RunEvent[]]> {
  const agent = newAgent();
  const live: RunEvent[] = [];
  const first = agent.run('Go.', { host, runId: 'r' });
  first.on('*', (event) => live.push(event));
  const outcome = await first.outcome();
  if (outcome.status !== 'suspended') throw new Error(outcome.status);
  const [pending] = outcome.pending;
  if (pending === undefined) throw new Error('Nothing is pending.');
  await host.answer('r', pending.id, { type: 'edit', fingerprint: pending.fingerprint, arguments: { eur: 2 } });
  const resumed: RunEvent[] = [];
  const second = agent.resume('r', { host });
  second.on('*', (event) => resumed.push(event));
  await second;
  return [live, resumed];
}

describe.each(hosts)('events about a call, on $name', ({ open }) => {
  test('have its id, tool name and input, live and replayed', async () => {
    const [live, resumed] = await played(open());
    for (const event of [...live, ...resumed]) {
      if (!/^(tool|approval)\./.test(event.type)) continue;
      if (!isAboutCall(event)) throw new Error(`${event.type} has no call.`);
      const name = event.toolName;
      expect(CALLS.map(([known]) => known)).toContain(name);
      expect(event.toolCallId).toMatch(/./);
      if (name !== 'pay') expect(event.input).toEqual(CALLS.find(([known]) => known === name)?.[1]);
    }
    const again = resumed.filter(isAboutCall).filter(({ replayed }) => replayed);
    const fields = ({ type, toolCallId, toolName, input }: CallEvent): object => ({
      type,
      toolCallId,
      toolName,
      input,
    });
    const recorded = live.filter(isAboutCall).filter((event) => 'activeMs' in event);
    expect(again.map(fields)).toEqual(recorded.map(fields));
  });

  test('have the input that a person edited', async () => {
    const [, resumed] = await played(open());
    const finished = resumed
      .filter(isAboutCall)
      .filter(({ type, toolName }) => type === 'tool.finished' && toolName === 'pay');

    expect(finished.map(({ input }) => input)).toEqual([{ eur: 2 }]);
  });

  test('have the value that the tool returned', async () => {
    const [live, resumed] = await played(open());
    const outputs = (events: readonly RunEvent[]): object =>
      Object.fromEntries(
        events.flatMap((event) => (event.type === 'tool.finished' ? [[event.toolName, event.output]] : [])),
      );
    const values = { number: 7, text: '42', list: [{ a: 1 }], long: { text: 'x'.repeat(50) } };

    expect(outputs(live)).toEqual(values);
    expect(outputs(resumed)).toEqual({ ...values, pay: 'paid 2' });
  });

  test('name the agent', async () => {
    const [live, resumed] = await played(open());

    expect(new Set([...live, ...resumed].map(({ agent }) => agent))).toEqual(new Set(['clerk']));
  });
});

test('names the active agent in each event, before and after a handoff, and in nested runs', async () => {
  const inner = new Agent({ name: 'inner', model: scriptedModel(() => respond.text('Inside.')) });
  const second = new Agent({
    name: 'second',
    model: scriptedModel([respond.call('ask', { prompt: 'Hm?' }), respond.text('End.')]),
    tools: [inner.asTool({ name: 'ask', description: 'A' })],
  });
  const first = new Agent({
    name: 'first',
    model: scriptedModel([respond.call('transfer_to_second', {})]),
    handoffs: [second],
  });
  const agents: string[] = [];
  const run = first.run('Go.');
  run.on('*', ({ path, agent, type }) => {
    if (['model.responded', 'handoff.completed', 'run.finished'].includes(type))
      agents.push(`${type} ${path} ${agent}`);
  });
  await run;

  expect(agents).toEqual([
    'model.responded  first',
    'handoff.completed  first',
    'model.responded  second',
    'model.responded tool:2.0 inner',
    'run.finished tool:2.0 inner',
    'model.responded  second',
    'run.finished  second',
  ]);
});

test('stores arguments and results once', async () => {
  const [host] = hosts.map(({ open }) => open());
  if (host === undefined) throw new Error('No host.');
  await played(host);
  const { events } = await host.getRun('r');
  const stored = events.map(({ event }) => event);

  for (const event of stored) expect(Object.keys(event)).not.toContain('toolCallId');
  expect(JSON.stringify(stored).split('paid 2')).toHaveLength(3); // What the model reads says as well that a person edited the call.
});

test('emits no input for a call whose arguments are not JSON', async () => {
  const model = scriptedModel([respond.calls([{ name: 'text', arguments: '{"a":' }]), respond.text('End.')]);
  const events: RunEvent[] = [];
  const run = new Agent({ model, tools }).run('Go.');
  run.on('tool.failed', (event) => events.push(event));
  await run;

  expect(events.map((event) => [isAboutCall(event) && event.toolName, 'input' in event])).toEqual([['text', false]]);
});

test.each([true, false])('gives the deltas of a call the id of the history, streamed: %s', async (stream) => {
  const model = [
    respond.calls([{ id: 'x', name: 'text' }]),
    respond.calls([
      { id: 'x', name: 'number', arguments: { n: 1 } },
      { id: 'x', name: 'list' },
    ]),
    respond.text('End.'),
  ];
  await useServer(model, async (model) => {
    const ids: string[] = [];
    const stored: string[] = [];
    const run = new Agent({ model, tools }).run('Go.', { stream });
    run.on('tool_call.delta', ({ toolCallId, toolName }) => ids.push(`${toolName} ${toolCallId}`));
    run.on('tool.started', ({ toolCallId, toolName }) => stored.push(`${toolName} ${toolCallId}`));
    await run;

    expect(new Set(ids)).toEqual(new Set(stored));
    expect(new Set(ids).size).toBe(3);
  });
});
