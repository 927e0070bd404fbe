import { Agent, type AgentOptions, memoryHost, type Outcome, type RunEvent, tool } from '@pawl/core';
import { withToolTimeout } from '@pawl/core/middleware';
import { manualClock, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({}),
  effect: 'read',
  execute: (_, { path, runId }) => `seen in ${runId} at ${path}`,
});

interface Family {
  /** What the agent inside says, one after the other. */
  readonly inside: readonly ScriptedModelResponse[];
  readonly helper?: Partial<AgentOptions<unknown, string>>;
  readonly outer?: Partial<AgentOptions<unknown, string>>;
}

/** An agent that asks another once, and ends with the result. */
function family({ inside, helper: own = {}, outer = {} }: Family) {
  const clock = manualClock();
  const helperModel = scriptedModel(inside);
  const helper = new Agent({ name: 'helper', model: helperModel, clock, tools: [look], ...own });
  const model = scriptedModel(({ messages }) => {
    const result = messages.find(({ role }) => role === 'tool');
    return result === undefined
      ? respond.call('help', { prompt: 'Look.' })
      : respond.text(`Got: ${String(result.content)}`);
  });
  const help = helper.asTool({ name: 'help', description: 'Helps.' });
  return {
    agent: new Agent({ name: 'asker', model, clock, tools: [help], ...outer }),
    model,
    helperModel,
    clock,
    help,
  };
}

async function answerOf(outcome: Promise<Outcome>): Promise<string> {
  const ended = await outcome;
  if (ended.status !== 'completed') throw new Error(`It ended as ${ended.status}.`);
  return ended.output;
}

test('returns the answer of the nested agent, which sees only its prompt', async () => {
  const { agent, helperModel } = family({
    inside: [respond.text('All is well.')],
    helper: { instructions: 'Be brief.' },
  });
  expect(await answerOf(agent.run('Go.').outcome())).toBe('Got: All is well.');
  expect(helperModel.requests[0]?.messages).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Look.' },
  ]);
});

test('passes the path to tools and events, and counts the usage', async () => {
  const { agent } = family({ inside: [respond.call('look', {}), respond.text('Seen.')] });
  const events: RunEvent[] = [];
  const run = agent.run('Go.', { runId: 'run' });
  run.on('*', (event) => events.push(event));
  const outcome = await run.outcome();
  const inside = events.filter(({ path }) => path !== '');
  expect(new Set(inside.map(({ path }) => path))).toEqual(new Set(['tool:1.0']));
  expect(inside.find(({ type }) => type === 'tool.finished')).toMatchObject({ content: 'seen in run at tool:1.0' });
  expect(inside.map(({ type }) => type)).toContain('run.finished');
  expect(outcome.usage.requests).toBe(4);
  expect(outcome.turnCount).toBe(2);
});

test('returns a structured output as JSON', async () => {
  const output = z.object({ well: z.boolean() });
  const inner = new Agent({ name: 'checker', model: scriptedModel([respond.text('{"well":true}')]), output });
  const check = inner.asTool({ name: 'check', description: 'Checks.' });
  const model = scriptedModel([respond.call('check', { prompt: 'Well?' }), respond.text('Checked.')]);
  const { messages } = await new Agent({ model, tools: [check] }).run('Go.').outcome();
  expect(messages[2]).toMatchObject({ role: 'tool', content: '{"well":true}' });
});

test('validates a custom input and turns it into the prompt', async () => {
  const inside = scriptedModel([respond.text('Sunny.')]);
  const inner = new Agent({ name: 'weather', model: inside });
  const weather = inner.asTool({
    name: 'weather',
    description: 'Tells the weather.',
    input: z.object({ city: z.string() }),
    prompt: ({ city }) => `How is it in ${city}?`,
  });
  const model = scriptedModel([
    respond.call('weather', { town: 'Oslo' }),
    respond.call('weather', { city: 'Oslo' }),
    respond.text('Sunny it is.'),
  ]);
  const { messages } = await new Agent({ model, tools: [weather] }).run('Go.').outcome();
  expect(messages.filter(({ role }) => role === 'tool').map(({ content }) => content)).toEqual([
    expect.stringContaining('city'),
    'Sunny.',
  ]);
  expect(inside.requests.map((request) => request.messages)).toEqual([
    [{ role: 'user', content: 'How is it in Oslo?' }],
  ]);
});

test.each([
  ['refuses', [respond.refusal('I will not.')], 'refused: I will not.'],
  ['fails', [respond.httpError(401)], 'failed'],
] as const)(
  'continues the outer run if the nested agent %s, with the reason as result',
  async (_, inside, received) => {
    const answer = await answerOf(family({ inside }).agent.run('Go.').outcome());
    expect(answer).toContain('The agent "help" returned no answer. It');
    expect(answer).toContain(received);
  },
);

test('ends a nested agent at its own limit of turns', async () => {
  const { agent } = family({
    inside: [respond.call('look', {}), respond.call('look', {}), respond.text('So far.')],
    helper: { limits: { turns: 2 } },
  });
  const outcome = await agent.run('Go.').outcome();
  expect(outcome.status).toBe('completed');
  expect(JSON.stringify(outcome.messages)).toContain('reached its limit: turns');
});

test('limits a nested agent by the remaining budget of the outer run', async () => {
  const { agent } = family({
    inside: [respond.call('look', {}), respond.text('Seen.')],
    helper: { modelSettings: { max_completion_tokens: 10 } },
    outer: { limits: { tokens: 60 }, modelSettings: { max_completion_tokens: 10 } },
  });
  const outcome = await agent.run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'limited', limit: 'tokens' });
  expect(outcome.usage.totalTokens).toBeLessThanOrEqual(60);
});

test('aborts nested runs with the outer run', async () => {
  const begun = Promise.withResolvers<void>();
  let isAborted = false;
  const hanging = tool({
    name: 'hang',
    description: 'Hangs.',
    input: z.object({}),
    execute: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(signal.reason);
        });
        begun.resolve();
      }),
  });
  const { agent } = family({ inside: [respond.call('hang', {})], helper: { tools: [hanging] } });
  const run = agent.run('Go.');
  await begun.promise;
  run.abort('Enough.');
  expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.' });
  expect(isAborted).toBe(true);
});

test('lists a nested call that needs approval in the outer outcome, by its path', async () => {
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const { agent } = family({ inside: [respond.call('pay', {}), respond.text('Paid.')], helper: { tools: [pay] } });
  const host = memoryHost();
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  expect(pending).toMatchObject({ id: 'tool:1.0/approval:1.0', reason: 'approval' });
  const answer = { type: 'approve', fingerprint: pending?.fingerprint ?? '' } as const;
  await expect(host.answer('run', 'approval:1.0', answer)).rejects.toMatchObject({ code: 'approval.unknown' });
  await host.answer('run', 'tool:1.0/approval:1.0', answer);
  expect(await answerOf(agent.resume('run', { host }).outcome())).toBe('Got: Paid.');
});

test('requests approval for the call of an agent before its run starts', async () => {
  const inner = new Agent({ name: 'inner', model: scriptedModel([respond.text('Done.')]) });
  const model = scriptedModel([respond.call('delegate', { prompt: 'Do it.' }), respond.text('Fine.')]);
  const delegating = inner.asTool({ name: 'delegate', description: 'Delegates.', needsApproval: true });
  const outcome = await new Agent({ model, tools: [delegating] }).run('Go.').outcome();
  expect(outcome).toMatchObject({
    status: 'suspended',
    pending: [{ id: 'approval:1.0', input: { prompt: 'Do it.' } }],
  });
});

test('gives each nested agent its own path', async () => {
  const innermost = new Agent({
    name: 'third',
    model: scriptedModel([respond.call('look', {}), respond.text('Deep.')]),
    tools: [look],
  });
  const middle = new Agent({
    name: 'second',
    model: scriptedModel([respond.call('third', { prompt: 'Deeper.' }), respond.text('Deep it was.')]),
    tools: [innermost.asTool({ name: 'third', description: 'Third.' })],
  });
  const outer = new Agent({
    name: 'first',
    model: scriptedModel([respond.call('second', { prompt: 'Deep.' }), respond.text('Done.')]),
    tools: [middle.asTool({ name: 'second', description: 'Second.' })],
  });
  const paths = new Set<string>();
  const run = outer.run('Go.');
  run.on('*', ({ path }) => paths.add(path));
  const { usage } = await run.outcome();
  expect([...paths]).toEqual(['', 'tool:1.0', 'tool:1.0/tool:1.0']);
  expect(usage.requests).toBe(6);
});

test('runs several agents in parallel', async () => {
  const inner = new Agent({
    name: 'inner',
    model: scriptedModel(({ messages }) => respond.text(`Did: ${String(messages.at(-1)?.content)}`)),
  });
  const model = scriptedModel([
    respond.calls(['one', 'two', 'three'].map((prompt) => ({ name: 'do', arguments: { prompt } }))),
    respond.text('All done.'),
  ]);
  const { messages } = await new Agent({ model, tools: [inner.asTool({ name: 'do', description: 'Does.' })] })
    .run('Go.')
    .outcome();
  const results = messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
  expect(results).toEqual(['Did: one', 'Did: two', 'Did: three']);
});

test('shortens an answer that exceeds maxResultLength', async () => {
  const inner = new Agent({ name: 'inner', model: scriptedModel([respond.text('x'.repeat(10_000))]) });
  const model = scriptedModel([respond.call('tell', { prompt: 'All.' }), respond.text('Much.')]);
  const tell = inner.asTool({ name: 'tell', description: 'Tells.', maxResultLength: 1_000 });
  const { messages } = await new Agent({ model, tools: [tell] }).run('Go.').outcome();
  expect(String(messages[2]?.content).length).toBeLessThan(1_500);
});

test('refuses timeoutMs for an agent as a tool', () => {
  const inner = new Agent({ name: 'inner', model: scriptedModel(() => respond.text('Done.')) });
  const asked = inner.asTool({ name: 'ask', description: 'Asks.' });
  expect(() => withToolTimeout([asked], 1_000)).toThrow('limits: { durationMs }');
});
