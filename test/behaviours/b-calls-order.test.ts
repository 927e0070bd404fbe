import { setImmediate } from 'node:timers/promises';
import { type Tool, tool } from '@pawl/core';
import { respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { call, createCalls, createOutcome, createResult, createText, filterEvents, play } from './play.ts';

const WET = respond.text('Wet.');
const wet = { status: 'completed', output: 'Wet.', text: 'Wet.' } as const;

/** A tool that takes some turns of the event loop and records how many calls run in parallel. */
function counter(at: { work: number; readonly seen: number[] }): Tool<unknown> {
  return tool({
    name: 'count',
    description: 'Counts.',
    input: z.object({}),
    async execute() {
      at.work++;
      at.seen.push(at.work);
      for (let turns = 0; turns < 3; turns++) await setImmediate();
      at.seen.push(at.work);
      at.work--;
    },
  });
}

describe.each([{ stream: true }, { stream: false }])('several calls, stream: $stream', (run) => {
  test.each([
    { agent: {}, own: {}, most: 8 },
    { agent: { maxParallelToolCalls: 3 }, own: {}, most: 3 },
    { agent: { maxParallelToolCalls: 3 }, own: { maxParallelToolCalls: 5 }, most: 5 },
  ])('B15: at most $most calls run in parallel', async ({ agent, own, most }) => {
    const at = { work: 0, seen: [] };
    const names = Array.from({ length: 12 }, () => 'count');
    const script = [respond.calls(names.map((name) => ({ name }))), WET];
    const { outcome } = await play(script, {
      run: { ...run, ...own },
      agent: { ...agent, tools: [counter(at)] },
    });

    const ids = names.map((_, index) => `call_${index + 1}`);
    const messages = [
      createCalls(...ids.map((id) => call(id, 'count'))),
      ...ids.map((id) => createResult(id, 'null')),
      createText('Wet.'),
    ];
    expect(outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 12 }) });
    expect(Math.max(...at.seen)).toBe(most);
  });

  test('B15: an exclusive tool runs alone', async () => {
    const others = { work: 0, seen: [] };
    const beside: number[] = [];
    const alone = tool({
      name: 'alone',
      description: 'Wants to be alone.',
      input: z.object({}),
      exclusive: true,
      async execute() {
        for (let turns = 0; turns < 3; turns++) {
          beside.push(others.work);
          await setImmediate();
        }
      },
    });
    const names = ['count', 'alone', 'count', 'count', 'alone'];
    const script = [respond.calls(names.map((name) => ({ name }))), WET];
    await play(script, { run, agent: { tools: [counter(others), alone] } });

    expect(beside).toEqual([0, 0, 0, 0, 0, 0]);
    expect(others.seen).toEqual([1, 1, 1, 2, 2, 1]);
  });

  test('B15: results are in the order of the calls, whichever finishes first', async () => {
    const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const wait = tool({
      name: 'wait',
      description: 'Waits for the call after it.',
      input: z.object({ n: z.int() }),
      async execute({ n }) {
        await gates[n + 1]?.promise;
        gates[n]?.resolve();
        return `Result ${n}.`;
      },
    });
    const script = [respond.calls([0, 1, 2].map((n) => ({ name: 'wait', arguments: { n } }))), WET];
    gates[3]?.resolve();
    const played = await play(script, { run, agent: { tools: [wait] } });

    const messages = [
      createCalls(call('call_1', 'wait', { n: 0 }), call('call_2', 'wait', { n: 1 }), call('call_3', 'wait', { n: 2 })),
      createResult('call_1', 'Result 0.'),
      createResult('call_2', 'Result 1.'),
      createResult('call_3', 'Result 2.'),
      createText('Wet.'),
    ];
    expect(played.outcome).toEqual({ ...wet, ...createOutcome(messages, { turnCount: 2, toolCallCount: 3 }) });
    expect(filterEvents(played, 'tool.finished').map(({ index }) => index)).toEqual([2, 1, 0]);
  });
});
