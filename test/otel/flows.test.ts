import { Agent, memoryHost, tool } from '@pawl/core';
import { flow } from '@pawl/core/flow';
import { inputGuard } from '@pawl/core/middleware';
import { telemetry } from '@pawl/otel';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { drawTree, findSpan, SDKS, useContextManager } from './record-spans.ts';

useContextManager();

function createFlow(instrumentation: ReturnType<typeof telemetry>) {
  const create = (name: string): Agent =>
    new Agent({ name, model: scriptedModel(() => respond.text('fine'), { name: 'm' }) });
  const lookUp = tool({
    name: 'look_up',
    description: 'Looks up.',
    input: z.object({}),
    effect: 'idempotent',
    execute: async (_, { run }) => (await run(create('reader'), 'x', { step: 'read' })).output,
  });
  const guarded = new Agent({
    name: 'guarded',
    model: scriptedModel(
      ({ messages }) => (messages.length === 1 ? respond.call('look_up', {}) : respond.text('Seen.')),
      { name: 'm' },
    ),
    tools: [lookUp],
    middleware: [
      inputGuard({
        name: 'judge',
        mode: 'blocking',
        check: async (_, { run }) => {
          await run(create('judge'), 'x', { step: 'judge' });
          return { type: 'allow' };
        },
      }),
    ],
  });
  return flow({
    name: 'research',
    instrumentation,
    run: async (_: string, { run, call, step, ask }) => {
      await run(guarded, 'x', { step: 'guarded' });
      await call(lookUp, {}, { step: 'look' });
      await step('value', () => 1);
      return ask('Well?', { step: 'ask' });
    },
  });
}

describe.each(Object.entries(SDKS))('with %s', (_, record) => {
  test('traces a flow as one tree, and nothing twice when it is resumed', async () => {
    const { tracer, meter, spans } = record();
    const research = createFlow(telemetry({ tracer, meter }));
    const host = memoryHost();
    const outcome = await research.run('Go.', { host, runId: 'run' }).outcome();
    expect(drawTree(spans())).toEqual([
      'invoke_agent research',
      '  invoke_agent guarded',
      '    invoke_agent judge',
      '      chat m',
      '    chat m',
      '    execute_tool look_up',
      '      invoke_agent reader',
      '        chat m',
      '    chat m',
      '  execute_tool look_up',
      '    invoke_agent reader',
      '      chat m',
    ]);
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(findSpan(spans(), 'invoke_agent research').attributes['gen_ai.request.model']).toBeUndefined();
    const before = spans().length;
    if (outcome.status !== 'suspended') throw new Error(outcome.status);
    for (const { id, fingerprint } of outcome.pending) {
      await host.answer('run', id, { type: 'result', fingerprint, value: 'Yes.' });
    }
    expect(await research.resume('run', { host }).outcome()).toMatchObject({ status: 'completed', output: 'Yes.' });
    const later = spans()
      .slice(before)
      .map(({ name }) => name);
    expect(later).toEqual(['execute_tool ask', 'invoke_agent research']);
    const resumed = spans().at(-1);
    expect(resumed?.links[0]?.context.traceId).toBe(spans()[0]?.spanContext().traceId);
  });
});
