import { Agent, memoryHost, type RunEvent, tool } from '@pawl/core';
import { inputGuard, outputGuard, toolGuard } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

const verdict = z.object({ fine: z.boolean(), reason: z.string() });

function createJudge(name: string, fine: (text: string) => boolean) {
  const model = scriptedModel(({ messages }) => {
    const isFine = fine(String(messages.at(-1)?.content));
    return respond.text(JSON.stringify({ fine: isFine, reason: isFine ? '' : `${name} says no` }));
  });
  return new Agent({ name, model, output: verdict });
}

test('guards that are agents judge input, calls and output, within the run', async () => {
  const judge = createJudge('judge', (text) => !text.includes('bad'));
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({ at: z.string() }),
    execute: ({ at }) => `saw ${at}`,
  });
  const model = scriptedModel([
    respond.calls([
      { name: 'look', arguments: { at: 'bad' } },
      { name: 'look', arguments: { at: 'good' } },
    ]),
    respond.text('A bad answer.'),
    respond.text('A good answer.'),
  ]);
  const agent = new Agent({
    name: 'lead',
    model,
    tools: [look],
    limits: { tokens: 100_000 },
    middleware: [
      inputGuard({
        name: 'input',
        mode: 'blocking',
        async check({ messages }, { run }) {
          const { output } = await run(judge, `Input: ${messages.length}`, { step: 'judge' });
          return output.fine ? { type: 'allow' } : { type: 'refuse', reason: output.reason };
        },
      }),
      toolGuard({
        name: 'calls',
        async before({ input }, { run }) {
          const { output } = await run(judge, JSON.stringify(input), { step: 'judge' });
          return output.fine ? { type: 'allow' } : { type: 'deny', reason: output.reason };
        },
      }),
      outputGuard({
        name: 'output',
        async check({ text }, { run }) {
          const { output } = await run(judge, text, { step: 'judge' });
          return output.fine ? { type: 'allow' } : { type: 'retry', reason: output.reason };
        },
      }),
    ],
  });
  const events: RunEvent[] = [];
  const outcome = await agent
    .run('Go.')
    .on('*', (event) => events.push(event))
    .outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'A good answer.' });
  expect(outcome.messages.filter(({ role }) => role === 'tool').map(({ content }) => content)).toEqual([
    expect.stringContaining('judge says no'),
    'saw good',
  ]);
  const judged = events.flatMap(({ path, type }) => (type === 'step.finished' ? [path] : []));
  expect(judged).toEqual(['prepare:1', 'wrap:1.0', 'wrap:1.1', 'model:2', 'prepare:3', 'model:3']);
  const inside = events.flatMap((event) =>
    event.type === 'model.responded' && event.path !== '' ? [event.usage] : [],
  );
  const own = events.flatMap((event) => (event.type === 'model.responded' && event.path === '' ? [event.usage] : []));
  const sum = [...inside, ...own].reduce((total, { totalTokens }) => total + totalTokens, 0);
  expect(outcome.usage.totalTokens).toBe(sum);
  expect(outcome.usage.requests).toBe(9);
});

const permit = tool({
  name: 'permit',
  description: 'Permits.',
  input: z.object({}),
  needsApproval: true,
  execute: () => 'permitted',
});

test.each([
  { at: 'prepare:1', kind: 'input' as const },
  { at: 'model:1', kind: 'output' as const },
])(
  'suspends the run while the agent of an $kind guard waits, and goes on after the answer without another request',
  async ({ at, kind }) => {
    const inner = scriptedModel([respond.call('permit', {}), respond.text('fine')]);
    const judge = new Agent({ name: 'judge', model: inner, tools: [permit] });
    const model = scriptedModel(() => respond.text('Answer.'));
    const guard =
      kind === 'input'
        ? inputGuard({
            name: 'guard',
            mode: 'blocking',
            check: async (_, { run }) => {
              await run(judge, 'Judge.', { step: 'judge' });
              return { type: 'allow' };
            },
          })
        : outputGuard({
            name: 'guard',
            check: async ({ text }, { run }) => {
              await run(judge, text, { step: 'judge' });
              return { type: 'allow' };
            },
          });
    const agent = new Agent({ name: 'lead', model, middleware: [guard] });
    const host = memoryHost();
    const suspended = await agent.run('Go.', { host, runId: 'run' }).outcome();
    if (suspended.status !== 'suspended') throw new Error(suspended.status);
    expect(suspended.pending.map(({ id }) => id)).toEqual([`${at}/step:judge/approval:1.0`]);
    expect(suspended.usage.requests).toBe(kind === 'input' ? 1 : 2);
    const again = await agent.resume('run', { host }).outcome();
    expect(again).toMatchObject({ status: 'suspended', pending: suspended.pending });
    for (const { id, fingerprint } of suspended.pending) await host.answer('run', id, { type: 'approve', fingerprint });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(outcome).toMatchObject({ status: 'completed', output: 'Answer.' });
    expect(inner.requests.length).toBe(2);
    expect(model.requests.length).toBe(1);
    expect(outcome.usage.requests).toBe(inner.requests.length + model.requests.length);
  },
);

test.each(hosts)(
  'a guard on $name that waits after a response goes on with it after a crash within any step',
  async ({ open }) => {
    const host = open();
    for (let at = 1; ; at++) {
      const runId = `run ${at}`;
      const model = scriptedModel(() => respond.text('Answer.'));
      const guard = outputGuard({
        name: 'guard',
        check: async ({ text }, { run }) => {
          const inner = scriptedModel(({ messages }) =>
            messages.at(-1)?.role === 'tool' ? respond.text('fine') : respond.call('permit', {}),
          );
          await run(new Agent({ name: 'judge', model: inner, tools: [permit] }), text, { step: 'judge' });
          return { type: 'allow' };
        },
      });
      const agent = new Agent({ name: 'lead', model, middleware: [guard] });
      const fragile = new FaultyHost(host, { at, moment: 'within' });
      const resume = () => agent.resume(runId, { host }).outcome();
      let outcome = await agent.run('Go.', { host: fragile, runId }).outcome().catch(resume);
      for (const { id, fingerprint } of outcome.status === 'suspended' ? outcome.pending : [])
        await host.answer(runId, id, { type: 'approve', fingerprint });
      outcome = await agent.resume(runId, { host: fragile }).outcome().catch(resume);
      expect(outcome).toMatchObject({ status: 'completed', output: 'Answer.' });
      expect(model.requests.length).toBeLessThanOrEqual(fragile.hasDied ? 2 : 1);
      if (!fragile.hasDied) return;
    }
  },
);

test('a message of the user goes to the agent of the guard that waits', async () => {
  const inner = scriptedModel([respond.call('permit', {}), respond.text('fine')]);
  const judge = new Agent({ name: 'judge', model: inner, tools: [permit] });
  const guard = inputGuard({
    name: 'guard',
    mode: 'blocking',
    check: async (_, { run }) => {
      await run(judge, 'Judge.', { step: 'judge' });
      return { type: 'allow' };
    },
  });
  const agent = new Agent({ model: scriptedModel([respond.text('Answer.')]), middleware: [guard] });
  const host = memoryHost();
  await agent.run('Go.', { host, runId: 'run' }).outcome();
  await host.sendMessage('run', { role: 'user', content: 'Never mind.' });
  expect(await agent.resume('run', { host }).outcome()).toMatchObject({ status: 'completed', output: 'Answer.' });
  expect(inner.requests[1]?.messages.at(-1)).toEqual({ role: 'user', content: 'Never mind.' });
});

test('suspends a call of an agent while a guard around it waits, and runs the agent once', async () => {
  const judge = new Agent({
    name: 'judge',
    model: scriptedModel([respond.call('permit', {}), respond.text('fine')]),
    tools: [permit],
  });
  const inner = scriptedModel(() => respond.text('Inner.'));
  const helper = new Agent({ name: 'helper', model: inner }).asTool({ name: 'help', description: 'Helps.' });
  const guard = toolGuard({
    name: 'guard',
    after: async (_, { run }) => {
      await run(judge, 'Judge.', { step: 'judge' });
      return { type: 'allow' };
    },
  });
  const model = scriptedModel([respond.call('help', { prompt: 'x' }), respond.text('Done.')]);
  const agent = new Agent({ name: 'lead', model, tools: [helper], middleware: [guard] });
  const host = memoryHost();
  const suspended = await agent.run('Go.', { host, runId: 'run' }).outcome();
  if (suspended.status !== 'suspended') throw new Error(suspended.status);
  expect(suspended.pending.map(({ id }) => id)).toEqual(['wrap:1.0/step:judge/approval:1.0']);
  for (const { id, fingerprint } of suspended.pending) await host.answer('run', id, { type: 'approve', fingerprint });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'Done.', usage: { requests: 5 } });
  expect(inner.requests.length).toBe(1);
});

test.each([
  { sent: 1, modelSettings: {} },
  { sent: 2, modelSettings: { temperature: 1 } },
])(
  'sends a request again after a guard waited only if it differs: $sent with $modelSettings',
  async ({ sent, modelSettings }) => {
    const price = { input: 1, output: 2 };
    const judge = new Agent({
      name: 'judge',
      model: scriptedModel([respond.call('permit', {}), respond.text('fine')], { price }),
      tools: [permit],
    });
    const guard = outputGuard({
      name: 'guard',
      check: async ({ text }, { run }) => {
        await run(judge, text, { step: 'judge' });
        return { type: 'allow' };
      },
    });
    const model = scriptedModel(() => respond.text('Answer.'), { price });
    const agent = new Agent({ name: 'lead', model, middleware: [guard], limits: { cost: 1 } });
    const host = memoryHost();
    const suspended = await agent.run('Go.', { host, runId: 'run' }).outcome();
    if (suspended.status !== 'suspended') throw new Error(suspended.status);
    for (const { id, fingerprint } of suspended.pending) await host.answer('run', id, { type: 'approve', fingerprint });
    const events: RunEvent[] = [];
    const resumed = agent.resume('run', { host, modelSettings, stream: true });
    resumed.on('model.responded', (event) => event.path === '' && events.push(event));
    const outcome = await resumed.outcome();
    expect(outcome).toMatchObject({ status: 'completed', usage: { requests: 2 + sent, estimated: false } });
    expect(events).toMatchObject([{ model: 'scripted', usage: { requests: sent - 1 } }]);
    expect(model.requests.length).toBe(sent);
  },
);
