import { setImmediate } from 'node:timers/promises';
import { Agent, memoryHost, type Outcome, tool } from '@pawl/core';
import { flow } from '@pawl/core/flow';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { listPermutations } from '../loop/random.ts';

const BRANCHES = [0, 1, 2, 3] as const;

/** Branch 0 asks a person, branch 1 calls a tool, branches 2 and 3 run agents; the first waits at the end of its branch. */
async function runInOrder(order: readonly number[]): Promise<readonly Outcome<unknown>[]> {
  const gates = BRANCHES.map(() => Promise.withResolvers<void>());
  const pass = async (at: number): Promise<void> => gates[at]?.promise;
  const work = tool({
    name: 'work',
    description: 'Works.',
    input: z.object({ at: z.number() }),
    effect: 'idempotent',
    execute: async ({ at }) => {
      await pass(at);
      return `worked ${at}`;
    },
  });
  const create = (at: number): Agent => {
    const model = scriptedModel(async () => {
      await pass(at);
      return respond.text(`answered ${at}`);
    });
    return new Agent({ name: `agent ${at}`, model });
  };
  const parallel = flow({
    name: 'parallel',
    clock: manualClock(),
    run: async (_: string, { run, call, step, ask }) => {
      const results = await Promise.all([
        step('slow', () => pass(0)).then(() => ask('Well?', { step: 'ask' })),
        call(work, { at: 1 }, { step: 'work' }),
        run(create(2), 'x', { step: 'two' }).then(({ output }) => output),
        run(create(3), 'x', { step: 'three' }).then(({ output }) => output),
      ]);
      return results.map(String);
    },
  });
  const host = memoryHost();
  const run = parallel.run('Go.', { host, runId: 'run' });
  await setImmediate();
  for (const at of order) {
    gates[at]?.resolve();
    await setImmediate();
  }
  const outcomes: Outcome<unknown>[] = [await run.outcome()];
  for (let last = outcomes[0]; last?.status === 'suspended'; last = outcomes.at(-1)) {
    for (const { id, fingerprint } of last.pending) {
      await host.answer('run', id, { type: 'result', fingerprint, value: 'Yes.' });
    }
    outcomes.push(await parallel.resume('run', { host }).outcome());
  }
  return outcomes;
}

test('a flow ends the same, in whatever order its steps finish', async () => {
  const first = (await runInOrder(BRANCHES)).at(-1);
  expect(first).toMatchObject({
    status: 'completed',
    output: ['Yes.', 'worked 1', 'answered 2', 'answered 3'],
    usage: { requests: 2 },
    toolCallCount: 2,
  });
  for (const order of listPermutations(BRANCHES)) {
    const outcomes = await runInOrder(order);
    expect({ order, outcome: outcomes.at(-1) }).toEqual({ order, outcome: first });
    expect(outcomes[0]).toMatchObject({ status: 'suspended', pending: [{ id: 'step:ask/approval:1.0' }] });
  }
});
