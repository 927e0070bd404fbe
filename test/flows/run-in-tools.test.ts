import {
  Agent,
  memoryHost,
  type RunEvent,
  RunFailedError,
  RunSuspendedError,
  type ToolContext,
  tool,
} from '@pawl/core';
import { withToolRetry } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { expect, test } from 'vitest';
import { z } from 'zod';

const planner = new Agent({
  name: 'planner',
  model: scriptedModel([respond.text('{"searches":["a","b"]}')], { name: 'small' }),
  output: z.object({ searches: z.array(z.string()) }),
});

const DELTAS: ReadonlySet<string> = new Set(['text.delta', 'output.partial']);

/** An agent with one tool that runs `execute`, and calls it once. */
function createLead(
  execute: (input: { readonly topic: string }, context: ToolContext) => unknown,
  options: { readonly timeoutMs?: number; readonly effect?: 'idempotent' } = {},
) {
  const research = tool({
    name: 'research',
    description: 'Researches.',
    input: z.object({ topic: z.string() }),
    execute,
    ...options,
  });
  const model = scriptedModel([
    respond.calls([{ name: 'research', arguments: { topic: 'x' } }]),
    respond.text('Done.'),
  ]);
  return { agent: new Agent({ name: 'lead', model, tools: [research] }), model };
}

test('runs an agent inside a tool call, with its typed output, its usage and its path', async () => {
  const { agent } = createLead(async ({ topic }, { run }) => {
    const { output } = await run(
      planner.with({ model: scriptedModel([respond.text('{"searches":["a","b"]}')]) }),
      topic,
      { step: 'plan' },
    );
    return output.searches.join('+');
  });
  const events: RunEvent[] = [];
  const outcome = await agent
    .run('Go.')
    .on('*', (event) => events.push(event))
    .outcome();
  expect(outcome.status).toBe('completed');
  expect(outcome.messages[2]).toMatchObject({ role: 'tool', content: 'a+b' });
  expect(outcome.usage.requests).toBe(3);
  const inside = events
    .filter(({ path, type }) => path !== '' && !DELTAS.has(type))
    .map(({ path, agent: name, type }) => [path, name, type]);
  expect(inside).toEqual([
    ['tool:1.0/step:plan', 'planner', 'run.started'],
    ['tool:1.0/step:plan', 'planner', 'attempt.started'],
    ['tool:1.0/step:plan', 'planner', 'model.responded'],
    ['tool:1.0/step:plan', 'planner', 'output.checked'],
    ['tool:1.0/step:plan', 'planner', 'run.finished'],
    ['tool:1.0', 'lead', 'step.finished'],
  ]);
});

const send = tool({
  name: 'send',
  description: 'Sends.',
  input: z.object({ to: z.string() }),
  needsApproval: true,
  execute: ({ to }) => `sent to ${to}`,
});

test('suspends the run if the agent inside waits, and continues it after the answer', async () => {
  const inner = scriptedModel([respond.calls([{ name: 'send', arguments: { to: 'Ada' } }]), respond.text('Sent.')]);
  const mailer = new Agent({ name: 'mailer', model: inner, tools: [send] });
  const tries: string[] = [];
  const { agent, model } = createLead(async (_, { run }) => {
    tries.push('begin');
    try {
      return (await run(mailer, 'Mail Ada.', { step: 'mail' })).output;
    } catch (error) {
      tries.push(RunSuspendedError.isInstance(error) ? 'suspended' : String(error));
      return 'The tool made something of it.';
    }
  });
  const host = memoryHost();
  const suspended = await agent.run('Go.', { host, runId: 'run' }).outcome();
  if (suspended.status !== 'suspended') throw new Error(suspended.status);
  expect(suspended.pending.map(({ id }) => id)).toEqual(['tool:1.0/step:mail/approval:1.0']);
  expect(suspended.usage.requests).toBe(2);
  for (const { id, fingerprint } of suspended.pending) await host.answer('run', id, { type: 'approve', fingerprint });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'Done.', usage: { requests: 4 } });
  expect(outcome.messages[2]).toMatchObject({ content: 'Sent.' });
  expect(tries).toEqual(['begin', 'suspended', 'begin']);
  expect([inner.requests.length, model.requests.length]).toEqual([2, 2]);
  expect(await agent.resume('run', { host }).outcome()).toEqual(outcome);
});

test('stays suspended without an answer', async () => {
  const inner = scriptedModel([respond.calls([{ name: 'send', arguments: { to: 'Ada' } }]), respond.text('Sent.')]);
  const mailer = new Agent({ name: 'mailer', model: inner, tools: [send] });
  const { agent } = createLead(async (_, { run }) => (await run(mailer, 'Mail Ada.', { step: 'mail' })).output);
  const host = memoryHost();
  const first = await agent.run('Go.', { host, runId: 'run' }).outcome();
  const second = await agent.resume('run', { host }).outcome();
  expect(second).toMatchObject({ status: 'suspended', pending: first.status === 'suspended' ? first.pending : [] });
  expect(second.usage).toEqual(first.usage);
  await host.sendMessage('run', { role: 'user', content: 'Stop that.' });
  const ended = await agent.resume('run', { host }).outcome();
  expect(ended).toMatchObject({ status: 'completed', output: 'Done.' });
  expect(ended.messages.slice(2, 4)).toEqual([
    { role: 'tool', tool_call_id: 'call_1', content: expect.stringContaining('Cancelled') },
    { role: 'user', content: 'Stop that.' },
  ]);
});

test('gives the model the reason if the agent inside does not complete', async () => {
  const broken = new Agent({ name: 'broken', model: scriptedModel([respond.httpError(400, { message: 'No.' })]) });
  const errors: unknown[] = [];
  const { agent } = createLead(async (_, { run }) =>
    run(broken, 'x', { step: 'a' }).catch((error: unknown) => {
      errors.push(error);
      throw error;
    }),
  );
  const outcome = await agent.run('Go.').outcome();
  expect(RunFailedError.isInstance(errors[0])).toBe(true);
  expect(outcome.messages[2]).toMatchObject({
    content: expect.stringContaining('The agent "broken" returned no answer. It failed'),
  });
});

test('needs a name for each run, and each name once', async () => {
  const inner = new Agent({ name: 'inner', model: scriptedModel(() => respond.text('Inner.')) });
  const { agent } = createLead(async (_, { run }) => {
    const errors = [
      run(inner, 'x', { step: 'same' }),
      run(inner, 'x', { step: 'same' }),
      run(inner, 'x', { step: 'a/b' }),
      run(inner, 'x', {} as never),
      run(inner, 'x', { step: 'b', name: 'c' } as never),
      run({ name: 'none' } as never, 'x' as never, { step: 'd' }),
    ];
    const settled = await Promise.allSettled(errors);
    return settled.map((each) => (each.status === 'fulfilled' ? each.value.output : String(each.reason)));
  });
  const { messages } = await agent.run('Go.').outcome();
  expect(JSON.parse(String(messages[2]?.content))).toEqual([
    'Inner.',
    expect.stringContaining('step "same" is used twice'),
    expect.stringContaining('step is the text "a/b"'),
    expect.stringContaining('step is undefined'),
    expect.stringContaining('there is no option "name". The option is "step".'),
    expect.stringContaining('is no agent and no flow'),
  ]);
});

test('runs no agent while a call is checked, so that the call needs approval', async () => {
  const guarded = tool({
    name: 'guarded',
    description: 'Guarded.',
    input: z.object({}),
    needsApproval: async (_, { run }) => (await run(planner, 'x', { step: 'check' })).output.searches.length === 0,
    execute: () => 'ran',
  });
  const agent = new Agent({ model: scriptedModel([respond.call('guarded', {})]), tools: [guarded] });
  expect((await agent.run('Go.').outcome()).status).toBe('suspended');
});

test('ends runs that the tool did not await with its call, and counts them', async () => {
  const { promise: started, resolve: onStarted } = Promise.withResolvers<void>();
  const endless = new Agent({
    name: 'endless',
    model: scriptedModel(async () => {
      onStarted();
      await new Promise(() => undefined);
      return respond.text('Never.');
    }),
  });
  const { agent } = createLead(async (_, { run }) => {
    void run(endless, 'x', { step: 'endless' }).catch(() => undefined);
    await started;
    return 'done';
  });
  const events: RunEvent[] = [];
  const outcome = await agent
    .run('Go.')
    .on('*', (event) => events.push(event))
    .outcome();
  expect(outcome).toMatchObject({ status: 'completed', usage: { requests: 2, estimated: true } });
  expect(events.find(({ type }) => type === 'step.failed')).toMatchObject({ label: 'endless', status: 'aborted' });
});

test('replays the runs of a finished call, and counts what they spent against the limit', async () => {
  const usage = { prompt_tokens: 400, completion_tokens: 100, total_tokens: 500 };
  const inner = new Agent({ name: 'inner', model: scriptedModel(() => respond.text('Inner.', { usage })) });
  const ask = tool({ name: 'ask', description: 'Asks.', input: z.object({}), effect: 'read' });
  const work = tool({
    name: 'work',
    description: 'Works.',
    input: z.object({}),
    execute: async (_, { run }) => (await run(inner, 'x', { step: 'inner' })).output,
  });
  const model = scriptedModel(({ messages }) =>
    messages.length === 1 ? respond.calls([{ name: 'work' }, { name: 'ask' }]) : respond.text('Done.'),
  );
  const agent = new Agent({ model, tools: [work, ask], limits: { tokens: 2_000 } });
  const host = memoryHost();
  const first: RunEvent[] = [];
  const suspended = await agent
    .run('Go.', { host, runId: 'run' })
    .on('*', (event) => first.push(event))
    .outcome();
  if (suspended.status !== 'suspended') throw new Error(suspended.status);
  const [{ id, fingerprint } = { id: '', fingerprint: '' }] = suspended.pending;
  await host.answer('run', id, { type: 'result', fingerprint, value: 'x' });
  const second: RunEvent[] = [];
  const outcome = await agent
    .resume('run', { host })
    .on('*', (event) => second.push(event))
    .outcome();
  const isInside = ({ path }: RunEvent) => path === 'tool:1.0/step:inner';
  expect(second.filter(isInside).map(({ type, replayed }) => [type, replayed])).toEqual([
    ['run.started', true],
    ['model.responded', true],
  ]);
  expect(outcome.usage.totalTokens).toBeGreaterThanOrEqual(500);
  // What is left for the last response is what the runs inside did not use.
  const spentBefore = suspended.usage.totalTokens;
  expect(model.requests[1]?.max_completion_tokens).toBeLessThan(2_000 - spentBefore);
});

test('does not run a non-idempotent tool again after a crash, and counts its runs', async () => {
  const inner = new Agent({ name: 'inner', model: scriptedModel(() => respond.text('Inner.')) });
  const tries: number[] = [];
  const { agent } = createLead(async (_, { run }) => {
    tries.push(1);
    return (await run(inner, 'x', { step: 'inner' })).output;
  });
  const host = new FaultyHost(memoryHost(), { at: 6, moment: 'before' }); // After the response of the agent inside.
  await expect(agent.run('Go.', { host, runId: 'run' }).outcome()).rejects.toThrow('The process is gone');
  const outcome = await agent.resume('run', { host }).outcome();
  expect(host.hasDied).toBe(true);
  expect(tries).toEqual([1]);
  expect(outcome.messages[2]).toMatchObject({
    content: expect.stringContaining('The outcome of this call is unknown'),
  });
  expect(outcome.usage.requests).toBe(3);
});

test('stops the whole run at a failure of the host, even if the tool catches it', async () => {
  const inner = new Agent({ name: 'inner', model: scriptedModel(() => respond.text('Inner.')) });
  const { agent } = createLead((_, { run }) =>
    run(inner, 'x', { step: 'inner' }).then(
      ({ output }) => output,
      () => 'caught',
    ),
  );
  const host = new FaultyHost(memoryHost(), { at: 5, moment: 'before' });
  await expect(agent.run('Go.', { host, runId: 'run' }).outcome()).rejects.toThrow('The process is gone');
});

test('begins a run again beside the recorded one if a repeated tool gives it another input', async () => {
  let tries = 0;
  const inputs: string[] = [];
  const inner = new Agent({
    name: 'inner',
    model: scriptedModel(({ messages }) => {
      inputs.push(String(messages[0]?.content));
      return respond.text('Inner.');
    }),
  });
  const { agent } = createLead(
    async (_, { run }) => {
      tries++;
      await run(inner, 'fixed', { step: 'fixed' });
      return (await run(inner, `try ${tries}`, { step: 'inner' })).output;
    },
    { effect: 'idempotent' },
  );
  const host = new FaultyHost(memoryHost(), { at: 8, moment: 'after' });
  await expect(agent.run('Go.', { host, runId: 'run' }).outcome()).rejects.toThrow('The process is gone');
  const events: RunEvent[] = [];
  const outcome = await agent
    .resume('run', { host })
    .on('*', (event) => events.push(event))
    .outcome();
  expect(outcome.status).toBe('completed');
  expect(inputs).toEqual(['fixed', 'try 1', 'try 2']);
  expect(events.find(({ type }) => type === 'step.finished')).toMatchObject({ label: 'fixed', replayed: true });
  expect(new Set(events.map(({ path }) => path))).toContain('tool:1.0/step:inner:1');
});

test('gives a repeated attempt of withToolRetry runs of its own', async () => {
  let tries = 0;
  const inner = new Agent({ name: 'inner', model: scriptedModel(() => respond.text('Inner.')) });
  const [flaky] = withToolRetry(
    [
      tool({
        name: 'research',
        description: 'Researches.',
        input: z.object({ topic: z.string() }),
        effect: 'idempotent',
        async execute(_, { run }) {
          const { output } = await run(inner, 'x', { step: 'inner' });
          if (++tries === 1) throw new Error('Try again.');
          return output;
        },
      }),
    ],
    { delayMs: 0 },
  );
  const model = scriptedModel([respond.call('research', { topic: 'x' }), respond.text('Done.')]);
  const outcome = await new Agent({ model, tools: flaky === undefined ? [] : [flaky] }).run('Go.').outcome();
  expect(outcome.messages[2]).toMatchObject({ content: 'Inner.' });
});
