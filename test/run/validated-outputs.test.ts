import { Agent, type AgentOptions, ConfigError, memoryHost, RefuseRun, type RunEvent, ToolError } from '@pawl/core';
import { outputGuard } from '@pawl/core/middleware';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

const city = z.object({ city: z.string().transform((name) => name.toUpperCase()) });

function isInNorway(name: string): string | undefined {
  return name === 'OSLO' ? undefined : `${name} is not in Norway.`;
}

function listPrompts(events: readonly RunEvent[]): readonly unknown[] {
  return events.flatMap((event) => (event.type === 'model.reprompted' ? [[event.reason, event.message.content]] : []));
}

test('asks the model again for an output that the validator rejects, and passes it the parsed value', async () => {
  const values: unknown[] = [];
  const events: RunEvent[] = [];
  const agent = new Agent({
    model: scriptedModel([respond.text('{"city":"Rome"}'), respond.text('{"city":"Oslo"}')]),
    output: city,
    validate(value, { context, turn }) {
      values.push([value, context, turn]);
      return isInNorway(value.city);
    },
  });
  const run = agent.run('Go.', { context: 'ctx' } as never);
  run.on('*', (event) => events.push(event));
  expect((await run).output).toEqual({ city: 'OSLO' });
  expect(values).toEqual([
    [{ city: 'ROME' }, 'ctx', 1],
    [{ city: 'OSLO' }, 'ctx', 2],
  ]);
  expect(listPrompts(events)).toEqual([
    ['output', 'Your last answer was rejected: ROME is not in Norway.\nAnswer again without that problem.'],
  ]);
});

test('validates a text of an agent without a schema', async () => {
  const agent = new Agent({
    model: scriptedModel([respond.text('No.'), respond.text('Yes.')]),
    validate: async (text) => (text === 'Yes.' ? undefined : 'Agree.'),
  });
  expect(await agent.run('Go.')).toMatchObject({ output: 'Yes.', text: 'Yes.', turnCount: 2 });
});

test('counts schema, validator and guards without a number of their own together', async () => {
  const agent = new Agent({
    model: scriptedModel([respond.text('{}'), respond.text('{"city":"Rome"}'), respond.text('{"city":"Fool"}')]),
    output: city,
    validate: ({ city: name }) => isInNorway(name),
    middleware: [
      outputGuard({
        name: 'kind',
        check: ({ text }) => (text.includes('Fool') ? { type: 'retry', reason: 'be kind' } : { type: 'allow' }),
      }),
    ],
  });
  expect(await agent.run('Go.').outcome()).toMatchObject({
    status: 'refused',
    refusal: 'be kind',
    guard: 'kind',
    turnCount: 3,
  });
});

test('fails the run with the last text after every retry', async () => {
  const agent = new Agent({
    model: scriptedModel([respond.text('a'), respond.text('b')]),
    validate: (text) => `Not ${text}.`,
    maxOutputRetries: 1,
  });
  expect(await agent.run('Go.').outcome()).toMatchObject({
    status: 'failed',
    error: {
      name: 'InvalidOutputError',
      code: 'output.invalid',
      message: 'The answer is still rejected after every retry (maxOutputRetries: 1): Not b.',
      details: { text: 'b', issues: 'Not b.' },
    },
  });
});

test('counts the requests of a validator, also on a run that is resumed', async () => {
  const host = memoryHost();
  const model = scriptedModel([respond.text('No.'), respond.text('Bad.'), respond.text('Yes.'), respond.text('Good.')]);
  const agent = new Agent({
    model,
    async validate(text, { callModel }) {
      const { choices } = await callModel(model, { messages: [{ role: 'user', content: `Judge: ${text}` }] });
      return choices[0].message.content === 'Good.' ? undefined : 'Try again.';
    },
  });
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'Yes.', turnCount: 2, usage: { requests: 4 } });
  expect(await agent.resume('run', { host }).outcome()).toEqual(outcome);
  model.assertDone();
});

test.each<readonly [string, () => unknown, object]>([
  ['refuses the run', () => Promise.reject(new RefuseRun('Never.')), { status: 'refused', refusal: 'Never.' }],
  [
    'fails the run with another error',
    () => Promise.reject(new TypeError('No database.')),
    { status: 'failed', error: { name: 'TypeError', message: 'No database.' } },
  ],
  [
    'fails the run for a verdict that is not a text',
    () => false,
    {
      status: 'failed',
      error: {
        name: 'ConfigError',
        message: 'validate returned false. Return nothing for a good output, or a text that says what is wrong.',
      },
    },
  ],
])('%s', async (_, validate, expected) => {
  const agent = new Agent({ model: scriptedModel([respond.text('Hm.')]), validate: validate as never });
  expect(await agent.run('Go.').outcome()).toMatchObject(expected);
});

test('treats a ToolError as a rejection', async () => {
  const responses: readonly ScriptedModelResponse[] = [respond.text('No.'), respond.text('Yes.')];
  const validate: AgentOptions<unknown, string>['validate'] = (text) => {
    if (text !== 'Yes.') throw new ToolError('Agree.');
  };
  const { output } = await new Agent({ model: scriptedModel(responses), validate }).run('Go.');
  expect(output).toBe('Yes.');
});

test('gives no output of a last turn that was not validated', async () => {
  const agent = new Agent({
    model: scriptedModel([respond.text('No.'), respond.text('No.')]),
    validate: () => 'Agree.',
    limits: { turns: 1 },
  });
  const outcome = await agent.run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'limited', limit: 'turns' });
  expect(outcome).not.toHaveProperty('output');
});

test('aborts a validator that hangs', async () => {
  const started = Promise.withResolvers<void>();
  const agent = new Agent({
    model: scriptedModel([respond.text('Hm.')]),
    validate() {
      started.resolve();
      return Promise.withResolvers<undefined>().promise;
    },
  });
  const run = agent.run('Go.');
  await started.promise;
  run.abort('enough');
  expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'enough' });
});

test('refuses a validator that is not a function', () => {
  const create = (): unknown => new Agent({ model: scriptedModel([]), validate: 'Norway' as never });
  expect(create).toThrow(ConfigError);
  expect(create).toThrow('validate is the text "Norway". Pass a function.');
});
