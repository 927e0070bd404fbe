import { Agent, ConfigError, memoryHost, type StopCondition, type StopState, stopOnTool, tool } from '@pawl/core';
import { requireApproval } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'seen' });
const submit = tool({
  name: 'submit',
  description: 'Submits.',
  input: z.object({ grade: z.number() }),
  execute: ({ grade }) => ({ grade }),
});
const tools = [look, submit];

test('ends the run with the result of a tool, without another request', async () => {
  const model = scriptedModel([
    respond.call('look', {}),
    respond.calls([
      { name: 'look', arguments: {} },
      { name: 'submit', arguments: { grade: 5 } },
    ]),
  ]);
  const outcome = await new Agent({ model, tools, stopWhen: stopOnTool('submit') }).run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: '{"grade":5}', turnCount: 2, toolCallCount: 3 });
  expect(outcome.messages.at(-1)).toMatchObject({ role: 'tool', content: '{"grade":5}' });
  model.assertDone();
});

test('uses the complete result of the tool as output, even if the model would get a shortened one', async () => {
  const long = 'long '.repeat(10_000);
  const report = tool({
    name: 'report',
    description: 'Reports.',
    input: z.object({}),
    maxResultLength: 1_000,
    execute: () => long,
  });
  const model = scriptedModel([respond.call('report')]);
  const outcome = await new Agent({ model, tools: [report], stopWhen: stopOnTool('report') }).run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: long });
  expect(String(outcome.messages.at(-1)?.content).length).toBeLessThan(long.length);
});

test('uses the result of an edited call as output, without the note about the edit', async () => {
  const host = memoryHost();
  const model = scriptedModel([respond.call('submit', { grade: 1 })]);
  const agent = new Agent({ model, tools: requireApproval([submit]), stopWhen: stopOnTool('submit') });
  const paused = await agent.run('Go.', { runId: 'run', host }).outcome();
  const [pending] = paused.status === 'suspended' ? paused.pending : [];
  const { id = '', fingerprint = '' } = pending ?? {};
  await host.answer('run', id, { type: 'edit', fingerprint, arguments: { grade: 2 } });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: '{"grade":2}' });
  expect(outcome.messages.at(-1)?.content).toMatch(/^A person approved this call with other arguments/);
});

test.each([
  ['a promise', async () => false],
  ['undefined', () => undefined],
  ['{"output":7}', () => ({ output: 7 })],
])('fails the run if a stop condition returns %s', async (shown, rule) => {
  const model = scriptedModel([respond.call('look', {})]);
  const outcome = await new Agent({ model, tools, stopWhen: rule as never }).run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'ConfigError' } });
  expect(outcome.status === 'failed' && outcome.error.message).toContain(`stopWhen returned ${shown}`);
});

test('does not stop on an invalid call of the tool', async () => {
  const model = scriptedModel([respond.call('submit', { grade: 'A' }), respond.call('submit', { grade: 1 })]);
  const outcome = await new Agent({ model, tools, stopWhen: stopOnTool('submit') }).run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: '{"grade":1}' });
});

test('passes the last turn to a stop condition, and ends the run with the text of the model', async () => {
  const states: StopState[] = [];
  const model = scriptedModel(({ messages }) =>
    respond.message({
      role: 'assistant',
      content: `Look ${messages.length}.`,
      tool_calls: [{ id: `call_${messages.length}`, type: 'function', function: { name: 'look', arguments: '{}' } }],
    }),
  );
  const rule = (state: StopState): boolean => {
    states.push(state);
    return state.turn === 2;
  };
  const outcome = await new Agent({ model, tools, stopWhen: [() => false, rule] }).run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'Look 3.', text: 'Look 3.', turnCount: 2 });
  expect(
    states.map(({ turn, results }) => [turn, results.map(({ toolName: name, status }) => `${name} ${status}`)]),
  ).toEqual([
    [1, ['look finished']],
    [2, ['look finished']],
  ]);
  expect(states[1]?.messages).toHaveLength(5);
  expect(states[1]?.usage.requests).toBe(2);
});

test('does not evaluate stop conditions after a response without calls', async () => {
  const outcome = await new Agent({ model: scriptedModel([respond.text('Hi.')]), stopWhen: () => true })
    .run('Go.')
    .outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'Hi.' });
});

test('fails the run if a stop condition throws', async () => {
  const stopWhen = (): never => {
    throw new Error('No rule.');
  };
  const outcome = await new Agent({ model: scriptedModel([respond.call('look', {})]), tools, stopWhen })
    .run('Go.')
    .outcome();
  expect(outcome).toMatchObject({ status: 'failed', error: { message: 'No rule.' } });
});

test('continues a conversation after a stop condition ended the run', async () => {
  const model = scriptedModel([respond.call('submit', { grade: 5 }), respond.text('You are welcome.')]);
  const agent = new Agent({ model, tools, stopWhen: stopOnTool('submit') });
  const { messages } = await agent.run('Go.').outcome();
  expect(await agent.run([...messages, { role: 'user', content: 'Thanks.' }])).toMatchObject({
    output: 'You are welcome.',
  });
});

test('returns the outcome of a run that a stop condition ended', async () => {
  const host = memoryHost();
  const agent = new Agent({
    model: scriptedModel([respond.call('submit', { grade: 5 })]),
    tools,
    stopWhen: stopOnTool('submit'),
  });
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  expect(await agent.resume('run', { host }).outcome()).toEqual(outcome);
});

test('refuses an invalid stop condition', () => {
  expect(() => new Agent({ model: scriptedModel([]), stopWhen: 'submit' as never })).toThrow(ConfigError);
});

test('passes the context and the values of the tools', async () => {
  const states: unknown[] = [];
  const fail = tool({
    name: 'fail',
    description: 'Fails.',
    input: z.object({}),
    execute: () => Promise.reject(new Error()),
  });
  const model = scriptedModel([
    respond.calls([
      { name: 'submit', arguments: { grade: 5 } },
      { name: 'look', arguments: {} },
      { name: 'fail', arguments: {} },
    ]),
  ]);
  const agent = new Agent({
    model,
    tools: [...tools, fail],
    stopWhen({ context, results }: StopState<{ readonly least: number }>) {
      states.push(results.map(({ value }) => value));
      const grade = Object(results[0]?.value).grade;
      return grade >= context.least && { output: `Grade ${grade}` };
    },
  });
  expect(await agent.run('Go.', { context: { least: 3 } })).toMatchObject({ output: 'Grade 5' });
  expect(states).toEqual([[{ grade: 5 }, 'seen', undefined]]);
});

describe('with an output schema', () => {
  const output = z.object({ grade: z.number().transform((grade) => `Grade ${grade}`) });

  test('ends the run with the parsed value of a tool, also when it is resumed', async () => {
    const host = memoryHost();
    const model = scriptedModel([respond.call('submit', { grade: 5 })]);
    const agent = new Agent({ model, tools, output, stopWhen: stopOnTool('submit') });
    const outcome = await agent.run('Go.', { host, runId: 'run' });
    expect(outcome).toMatchObject({
      status: 'completed',
      output: { grade: 'Grade 5' },
      text: '{"grade":5}',
      turnCount: 1,
    });
    expect(await agent.resume('run', { host })).toEqual(outcome);
  });

  test('ends the run with what the condition returns, or with the text of the model', async () => {
    const of = (stopWhen: StopCondition<unknown, never>, text: string) => {
      const calls = [{ id: 'a', type: 'function' as const, function: { name: 'look', arguments: '{}' } }];
      const model = scriptedModel([respond.message({ role: 'assistant', content: text, tool_calls: calls })]);
      return new Agent({ model, tools, output, stopWhen }).run('Go.').outcome();
    };
    expect(await of(() => ({ output: { grade: 3 } as never }), '')).toMatchObject({ output: { grade: 'Grade 3' } });
    expect(await of(() => true, '{"grade":2}')).toMatchObject({ status: 'completed', output: { grade: 'Grade 2' } });
  });

  test('fails the run if the output does not match', async () => {
    const model = scriptedModel([respond.call('look', {})]);
    const outcome = await new Agent({ model, tools, output, stopWhen: stopOnTool('look') }).run('Go.').outcome();
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { name: 'InvalidOutputError', message: expect.stringContaining('The output of stopWhen is not valid: ') },
    });
  });

  test('checks the output of a stop condition with validate', async () => {
    const create = (grade: number) =>
      new Agent({
        model: scriptedModel([respond.call('submit', { grade })]),
        tools,
        stopWhen: stopOnTool('submit'),
        validate: (text) => (text.includes('5') ? undefined : 'Only a five.'),
      });
    expect(await create(5).run('Go.').outcome()).toMatchObject({ status: 'completed', output: '{"grade":5}' });
    expect(await create(4).run('Go.').outcome()).toMatchObject({
      status: 'failed',
      error: { message: 'The output of stopWhen is not valid: Only a five.' },
    });
  });
});
