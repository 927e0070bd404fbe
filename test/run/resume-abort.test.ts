import { Agent, memoryHost, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

test('ends an aborted run with all its results and a result for its pending call', async () => {
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const host = memoryHost();
  const agent = new Agent({ model: scriptedModel([respond.call('pay')]), tools: [pay] });
  const suspended = await agent.run('Pay.', { host, runId: 'run' }).outcome();
  const resumed = agent.resume('run', { host });
  resumed.abort('not any more');
  const outcome = await resumed.outcome();

  expect(suspended.status).toBe('suspended');
  expect(outcome).toMatchObject({ status: 'aborted', reason: 'not any more', turnCount: 1, usage: suspended.usage });
  expect(outcome.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
  expect(await agent.resume('run', { host }).outcome()).toEqual(outcome);
});
