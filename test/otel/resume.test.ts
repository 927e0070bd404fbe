import { Agent, memoryHost, type Outcome, tool } from '@pawl/core';
import { telemetry } from '@pawl/otel';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { drawTree, findSpan, recordSpans, sumOf, useContextManager } from './record-spans.ts';

useContextManager();

function findPending(outcome: Outcome): { readonly id: string; readonly fingerprint: string } {
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}.`);
  return pending;
}

test('counts the tokens of a request that a crash cut off in the attempt that charges them, without a span', async () => {
  const inner = memoryHost();
  const price = { input: 1, output: 1 };
  const model = scriptedModel(() => respond.text('Done.'), { price });
  const agent = new Agent({ model, limits: { cost: 1_000 }, modelSettings: { max_completion_tokens: 5 } });
  const dead = agent.run('Go.', { runId: 'run', host: new FaultyHost(inner, { at: 2, moment: 'within' }) });
  await expect(dead.outcome()).rejects.toThrow('gone');
  const { tracer, meter, spans, points } = recordSpans();
  const outcome = await agent.resume('run', { host: inner, instrumentation: telemetry({ tracer, meter }) });
  expect(drawTree(spans())).toEqual(['invoke_agent agent', '  chat scripted']);
  const [chat] = spans();
  const sent = Number(chat?.attributes['gen_ai.usage.input_tokens']);
  expect(outcome.usage.inputTokens).toBeGreaterThan(sent);
  const all = await points();
  expect(sumOf(all, 'gen_ai.client.inference.usage.input_tokens')).toBe(outcome.usage.inputTokens);
  expect(sumOf(all, 'gen_ai.client.inference.usage.output_tokens')).toBe(outcome.usage.outputTokens);
});

test('tells how long a run was suspended, and does not count it as work', async () => {
  const clock = manualClock();
  const { tracer, spans } = recordSpans();
  const host = memoryHost({ clock });
  const pay = tool({ name: 'pay', input: z.object({}), needsApproval: true, execute: () => 'paid' });
  const model = scriptedModel([respond.call('pay'), respond.text('Paid.')]);
  const agent = new Agent({ model, tools: [pay], clock, instrumentation: telemetry({ tracer }) });
  const pending = findPending(await agent.run('Pay.', { host, runId: 'run' }).outcome());
  const weekMs = 7 * 24 * 3_600_000;
  await clock.advance(weekMs);
  await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
  await agent.resume('run', { host });
  const [, later] = spans().filter(({ name }) => name === 'invoke_agent agent');
  expect(later?.events).toMatchObject([{ name: 'pawl.wait', attributes: { waited_ms: weekMs } }]);
  expect(drawTree(spans())).toEqual([
    'invoke_agent agent',
    '  chat scripted',
    'invoke_agent agent',
    '  execute_tool pay',
    '  chat scripted',
  ]);
});

test('gives no span to a nested run that an earlier attempt recorded', async () => {
  const host = memoryHost();
  const { tracer, meter, spans, points } = recordSpans();
  const pay = tool({ name: 'pay', input: z.object({}), needsApproval: true, execute: () => 'paid' });
  const scout = new Agent({ name: 'scout', model: scriptedModel([respond.text('Seen.')], { name: 'small' }) });
  const model = scriptedModel([respond.call('ask', { prompt: 'Look.' }), respond.call('pay'), respond.text('Paid.')]);
  const tools = [scout.asTool({ name: 'ask', description: 'Asks.' }), pay];
  const agent = new Agent({ name: 'guide', model, tools });
  const pending = findPending(await agent.run('Pay.', { host, runId: 'run' }).outcome());
  await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
  await agent.resume('run', { host, instrumentation: telemetry({ tracer, meter }) });
  expect(drawTree(spans())).toEqual(['invoke_agent guide', '  execute_tool pay', '  chat scripted']);
  const calls = (await points()).filter(({ name }) => name === 'gen_ai.invoke_agent.tool_calls');
  expect(calls.map(({ value }) => value)).toEqual([1]);
});

test('continues a nested run that waited for an approval', async () => {
  const host = memoryHost();
  const { tracer, spans } = recordSpans();
  const pay = tool({ name: 'pay', input: z.object({}), needsApproval: true, execute: () => 'paid' });
  const clerk = new Agent({
    name: 'clerk',
    model: scriptedModel([respond.call('pay'), respond.text('Paid.')], { name: 'small' }),
    tools: [pay],
  });
  const model = scriptedModel([respond.call('ask', { prompt: 'Pay.' }), respond.text('It is paid.')]);
  const agent = new Agent({
    name: 'guide',
    model,
    tools: [clerk.asTool({ name: 'ask', description: 'Asks.' })],
    instrumentation: telemetry({ tracer }),
  });
  const pending = findPending(await agent.run('Pay.', { host, runId: 'run' }).outcome());
  expect(findSpan(spans(), 'execute_tool ask').attributes['pawl.outcome']).toBe('suspended');
  const count = spans().length;
  await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
  await agent.resume('run', { host });
  expect(drawTree(spans().slice(count))).toEqual([
    'invoke_agent guide',
    '  execute_tool ask',
    '    invoke_agent clerk',
    '      execute_tool pay',
    '      chat small',
    '  chat scripted',
  ]);
});

test('names the agent that works in a resumed attempt after a handoff', async () => {
  const host = memoryHost();
  const { tracer, spans } = recordSpans();
  const pay = tool({ name: 'pay', input: z.object({}), needsApproval: true, execute: () => 'paid' });
  const billing = new Agent({
    name: 'billing',
    description: 'Knows of money.',
    model: scriptedModel([respond.call('pay'), respond.text('Paid.')], { name: 'small' }),
    tools: [pay],
  });
  const agent = new Agent({
    name: 'desk',
    model: scriptedModel([respond.call('transfer_to_billing', { reason: 'Money.' })], { name: 'large' }),
    handoffs: [billing],
    instrumentation: telemetry({ tracer }),
  });
  const pending = findPending(await agent.run('Pay.', { host, runId: 'run' }).outcome());
  const count = spans().length;
  await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
  await agent.resume('run', { host });
  expect(drawTree(spans().slice(count))).toEqual(['invoke_agent billing', '  execute_tool pay', '  chat small']);
});
