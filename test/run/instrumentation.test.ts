import { Agent, HostError, memoryHost, tool } from '@pawl/core';
import type { Instrumentation, RunSpan, ToolCallSpan } from '@pawl/core/instrumentation';
import { respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { expect, test } from 'vitest';
import { z } from 'zod';

const look = tool({ name: 'look', input: z.object({}), effect: 'read', execute: () => 'seen' });

/** Writes down when each piece of work begins and ends. */
function record(log: string[], name = ''): Instrumentation {
  const wrap = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    log.push(`${name}${what} {`);
    try {
      return await work();
    } finally {
      log.push(`${name}} ${what}`);
    }
  };
  return {
    instrumentRun: ({ agent, path }, work) => wrap(`run ${agent.name}${path}`, work),
    instrumentModelCall: ({ turn, origin }, work) => wrap(`model ${turn} ${origin}`, work),
    instrumentAttempt: ({ attempt }, work) => wrap(`attempt ${attempt}`, work),
    instrumentToolCall: ({ kind }, work) => wrap(`tool ${kind}`, work),
  };
}

test('wraps the run, its model calls, attempts and tool calls', async () => {
  const log: string[] = [];
  const model = scriptedModel([respond.httpError(503), respond.call('look'), respond.text('Seen.')]);
  const retry = { initialDelayMs: 0 };
  await new Agent({ model, tools: [look], retry, instrumentation: record(log) }).run('Go.');
  expect(log).toEqual([
    'run agent {',
    ...['model 1 turn {', 'attempt 1 {', '} attempt 1', 'attempt 2 {', '} attempt 2', '} model 1 turn'],
    ...['tool run {', '} tool run'],
    ...['model 2 turn {', 'attempt 1 {', '} attempt 1', '} model 2 turn'],
    '} run agent',
  ]);
});

test('wraps the instrumentation of the agent in that of the run', async () => {
  const log: string[] = [];
  const agent = new Agent({ model: scriptedModel([respond.text('Hi.')]), instrumentation: record(log, 'agent: ') });
  await agent.run('Go.', { instrumentation: record(log, 'run: ') });
  expect(log.slice(0, 2)).toEqual(['run: run agent {', 'agent: run agent {']);
  expect(log.slice(-2)).toEqual(['agent: } run agent', 'run: } run agent']);
});

test('calls an instrumentation once that both the agent and the run have', async () => {
  const log: string[] = [];
  const instrumentation = record(log);
  const agent = new Agent({ model: scriptedModel([respond.text('Hi.')]), instrumentation });
  await agent.run('Go.', { instrumentation });
  expect(log.filter((line) => line === 'run agent {')).toHaveLength(1);
});

test('wraps nested runs with the instrumentation of the outer run only', async () => {
  const log: string[] = [];
  const inner = new Agent({
    name: 'scout',
    model: scriptedModel([respond.text('Seen.')]),
    instrumentation: record(log, 'own: '),
  });
  const agent = new Agent({
    model: scriptedModel([respond.call('ask', { prompt: 'Look.' }), respond.text('There.')]),
    tools: [inner.asTool({ name: 'ask', description: 'Asks.' })],
    instrumentation: record(log),
  });
  await agent.run('Go.');
  expect(log).toContain('run scouttool:1.0 {');
  expect(log.some((line) => line.startsWith('own: '))).toBe(false);
});

test('describes attempts at a run, and how long it was suspended', async () => {
  const runs: RunSpan[] = [];
  const calls: ToolCallSpan[] = [];
  const instrumentation: Instrumentation = {
    instrumentRun: (span, work) => {
      runs.push(span);
      return work();
    },
    instrumentToolCall: (span, work) => {
      calls.push(span);
      return work();
    },
  };
  const pay = tool({ name: 'pay', input: z.object({}), needsApproval: true, execute: () => 'paid' });
  const model = scriptedModel([respond.call('pay'), respond.text('Paid.')]);
  const agent = new Agent({ model, tools: [pay], instrumentation });
  const host = memoryHost();
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  if (outcome.status !== 'suspended') throw new Error('It is not suspended.');
  const [{ id = '', fingerprint = '' } = {}] = outcome.pending;
  await host.answer('run', id, { type: 'approve', fingerprint });
  await agent.resume('run', { host });
  expect(runs).toMatchObject([
    { runId: 'run', attemptId: 'run#1', isResumed: false },
    { runId: 'run', attemptId: 'run#2', isResumed: true, suspendedMs: expect.any(Number) },
  ]);
  expect(calls).toMatchObject([{ kind: 'run', turn: 1, index: 0, tool: pay }]);
});

test('leaves out the hooks of calls that an instrumentation does not want', async () => {
  const log: string[] = [];
  const instrumentation: Instrumentation = { ...record(log), shouldInstrumentCalls: ({ path }) => path !== '' };
  const model = scriptedModel([respond.text('Seen.')]);
  const scout = new Agent({ name: 'scout', model }).asTool({ name: 'ask', description: 'Asks.' });
  const script = [respond.call('ask', { prompt: 'Look.' }), respond.text('There.')];
  const agent = new Agent({ model: scriptedModel(script), tools: [scout], instrumentation });
  await agent.run('Go.');
  const nested = ['model 1 turn {', 'attempt 1 {', '} attempt 1', '} model 1 turn'];
  expect(log).toEqual(['run agent {', 'run scouttool:1.0 {', ...nested, '} run scouttool:1.0', '} run agent']);
});

test('calls the hooks of both instrumentations if one of them wants the calls', async () => {
  const log: string[] = [];
  const model = scriptedModel([respond.text('Hi.')]);
  const agent = new Agent({
    model,
    instrumentation: { ...record(log, 'agent: '), shouldInstrumentCalls: () => false },
  });
  await agent.run('Go.', { instrumentation: record(log, 'run: ') });
  expect(log.filter((line) => line.endsWith('model 1 turn {'))).toEqual([
    'run: model 1 turn {',
    'agent: model 1 turn {',
  ]);
});

test('passes the tracestate of the span with its traceparent, and that of the run without a span', async () => {
  const seen: unknown[] = [];
  const note = tool({
    name: 'note',
    input: z.object({}),
    effect: 'read',
    execute: (_, { traceparent, tracestate }) => {
      seen.push({ traceparent, tracestate });
      return 'noted';
    },
  });
  const run = async (instrumentation: Instrumentation | undefined): Promise<unknown> => {
    const model = scriptedModel([respond.call('note'), respond.text('Done.')]);
    const agent = new Agent({ model, tools: [note], instrumentation });
    const host = memoryHost();
    await agent.run('Go.', { host, runId: 'run', traceparent: 'caller', tracestate: 'a=1' });
    return (await host.getRun('run')).record.trace;
  };
  expect(await run({ traceparent: () => 'span', tracestate: () => 'b=2' })).toEqual({
    traceparent: 'span',
    tracestate: 'b=2',
    origin: 'start',
  });
  expect(await run({ traceparent: () => 'span', tracestate: () => undefined })).toEqual({
    traceparent: 'span',
    origin: 'start',
  });
  expect(await run(undefined)).toBeUndefined();
  expect(seen).toEqual([
    { traceparent: 'span', tracestate: 'b=2' },
    { traceparent: 'span', tracestate: undefined },
    { traceparent: 'caller', tracestate: 'a=1' },
  ]);
});

test('records the traceparent of the first attempt for the later ones', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const host = memoryHost();
  const model = scriptedModel([respond.text('Hi.')]);
  const agent = new Agent({ model, instrumentation: { traceparent: () => traceparent } });
  await agent.run('Go.', { host, runId: 'run' });
  expect((await host.getRun('run')).record.trace).toEqual({ traceparent, origin: 'start' });
  await host.fork('run', { before: 'model:1', runId: 'fork' });
  expect((await host.getRun('fork')).record).not.toHaveProperty('trace');
});

test('rejects as the host does when it fails inside the span of a run', async () => {
  const log: string[] = [];
  const agent = new Agent({ model: scriptedModel([respond.text('Hi.')]), instrumentation: record(log) });
  const host = new FaultyHost(memoryHost(), { at: 1, moment: 'within' });
  await expect(agent.run('Go.', { host }).outcome()).rejects.toThrow(HostError);
  expect(log.at(-1)).toBe('} run agent');
});

test('wraps a call that a limit closes', async () => {
  const kinds: string[] = [];
  const instrumentation: Instrumentation = {
    async instrumentToolCall({ kind }, work) {
      const result = await work();
      kinds.push(`${kind} ${result.event.type}`);
      return result;
    },
  };
  const calls = [{ name: 'look' }, { name: 'look' }];
  const model = scriptedModel([respond.calls(calls), respond.text('Done.')]);
  await new Agent({ model, tools: [look], limits: { toolCalls: 1 }, instrumentation }).run('Go.').outcome();
  expect(kinds).toEqual(['closed tool.skipped', 'closed tool.skipped']);
});
