import { Agent, type AgentOptions, type Host, memoryHost, type Tool, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

type Options = Partial<AgentOptions<unknown, string>>;

function createPayTool(input: z.ZodObject = z.object({ amount: z.number() })): Tool<unknown> {
  return tool({ name: 'pay', description: 'Pays.', input, needsApproval: true, execute: () => 'paid' });
}

/** Creates an agent that pays once and returns the result. */
function createPayer(options: Options = {}): Agent {
  const model = scriptedModel(({ messages }) => {
    const result = messages.find(({ role }) => role === 'tool');
    return result === undefined ? respond.call('pay', { amount: 5 }) : respond.text(String(result.content));
  });
  return new Agent({ name: 'payer', model, tools: [createPayTool()], ...options });
}

/** Creates an agent that delegates the payment to another one, once or twice. */
function createAsker(inner: Options = {}, { times = 1 }: { readonly times?: number } = {}): Agent {
  const model = scriptedModel(({ messages }) => {
    const done = messages.filter(({ role }) => role === 'tool');
    return done.length < times
      ? respond.call('delegate', { prompt: 'Pay.' })
      : respond.text(String(done.at(-1)?.content));
  });
  const delegate = createPayer(inner).asTool({ name: 'delegate', description: 'Delegates.' });
  return new Agent({ name: 'asker', model, tools: [delegate] });
}

async function approve(host: Host): Promise<void> {
  const [run] = await host.listRuns();
  const [pending] = run?.outcome?.status === 'suspended' ? run.outcome.pending : [];
  await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
}

describe.each(hosts)('on $name', ({ open }) => {
  test('an enqueued run has the version of the agent that began it', async () => {
    const host = open();
    await host.enqueue('payer', 'Go.', { runId: 'run' });
    await createPayer({ version: '1' }).resume('run', { host }).outcome();
    await approve(host);
    const next = createPayer({ version: '2' });
    await expect(next.resume('run', { host }).outcome()).rejects.toMatchObject({
      code: 'run.version',
      message: expect.stringMatching(/was begun by version "1" of agent "payer", but this is version "2"/),
    });
    const { output } = await next.resume('run', { host, onVersionMismatch: 'continue' });
    expect(output).toBe('paid');
  });

  test('an enqueued run with an open call of a missing tool can be resumed by an agent that has the tool', async () => {
    const host = open();
    await host.enqueue('payer', 'Go.', { runId: 'run' });
    await createPayer().resume('run', { host }).outcome();
    await approve(host);
    await expect(createPayer({ tools: [] }).resume('run', { host }).outcome()).rejects.toMatchObject({
      code: 'run.changed',
    });
    expect((await createPayer().resume('run', { host })).output).toBe('paid');
  });

  test.each([
    ['is gone', { tools: [] }, 'it is missing'],
    [
      'takes other arguments',
      { tools: [createPayTool(z.object({ cents: z.number() }))] },
      'its schema or effect has changed',
    ],
  ] as const)(
    'an open nested call whose tool %s leaves the run as it is, unless onVersionMismatch is continue',
    async (...row) => {
      const [, changed, why] = row;
      const host = open();
      await createAsker().run('Go.', { host, runId: 'run' }).outcome();
      await approve(host);
      await expect(createAsker(changed).resume('run', { host }).outcome()).rejects.toMatchObject({
        code: 'run.changed',
        message: expect.stringMatching(new RegExp(`of tool "pay" that agent "payer" cannot run any more: ${why}`)),
      });
      const { output } = await createAsker(changed).resume('run', { host, onVersionMismatch: 'continue' });
      expect(output).not.toBe('paid');
    },
  );

  test('another version of a nested agent does not continue its open run', async () => {
    const host = open();
    await createAsker({ version: '1' }).run('Go.', { host, runId: 'run' }).outcome();
    await approve(host);
    const next = createAsker({ version: '2' });
    await expect(next.resume('run', { host }).outcome()).rejects.toMatchObject({
      code: 'run.version',
      message: expect.stringMatching(
        /of agent "payer", but this is version "2"\. First difference: the tools are the same/,
      ),
    });
    expect((await createAsker({ version: '1' }).resume('run', { host })).output).toBe('paid');
  });

  test('another version of a nested agent whose run has finished does not block the outer run', async () => {
    const host = open();
    await createAsker({ version: '1' }, { times: 2 }).run('Go.', { host, runId: 'run' }).outcome();
    await approve(host);
    const second = await createAsker({ version: '1' }, { times: 2 }).resume('run', { host }).outcome();
    expect(second).toMatchObject({ status: 'suspended', pending: [{ id: 'tool:2.0/approval:1.0' }] });
    const fork = await host.fork('run', { before: 'model:2', runId: 'fork' });
    const next = createAsker({ version: '2', tools: [] }, { times: 1 });
    expect(await next.resume(fork, { host }).outcome()).toMatchObject({ status: 'completed', output: 'paid' });
  });
});

describe.each(hosts)('a call that has finished, on $name', ({ open }) => {
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'seen' });
  const helper = new Agent({ name: 'helper', model: scriptedModel(() => respond.text('helped')) });
  const help = helper.asTool({ name: 'help', description: 'Helps.' });
  const find = tool({ name: 'find', description: 'Finds.', input: z.object({}), execute: () => 'found' });

  /** Creates an agent that calls a tool, a nested agent and a possibly missing tool, pays, and returns all results. */
  function createDeployment(tools: readonly Tool<unknown>[]): Agent {
    const model = scriptedModel(({ messages }) => {
      const done = messages.filter(({ role }) => role === 'tool');
      if (done.length === 4) return respond.text(done.map(({ content }) => content).join(', '));
      if (done.length === 3) return respond.call('pay', { amount: 5 });
      return respond.calls([{ name: 'look' }, { name: 'help', arguments: { prompt: 'Help.' } }, { name: 'find' }]);
    });
    return new Agent({ name: 'a', model, tools: [createPayTool(), ...tools] });
  }

  test.each([
    ['whose tool is gone', []],
    [
      'whose nested agent was replaced by a tool',
      [tool({ ...look, name: 'help', description: 'Helps.', input: z.object({}) })],
    ],
    ['whose missing tool was added', [look, help, find]],
  ] as const)('%s is not repeated, and the run continues', async (_, tools) => {
    const host = open();
    await createDeployment([look, help]).run('Go.', { host, runId: 'run' }).outcome();
    await approve(host);
    const { output } = await createDeployment(tools).resume('run', { host });
    expect(output).toMatch(/^seen, helped, There is no tool "find".*, paid$/);
  });
});

const other = z.object({ cents: z.number() });

test.each([
  ['the same tools', {}, {}, 'the tools are the same'],
  ['a removed tool', {}, { tools: [] }, 'tool "pay": it is missing'],
  [
    'a tool with other arguments',
    {},
    { tools: [createPayTool(other)] },
    'tool "pay": its schema or effect has changed',
  ],
  ['a new tool', { tools: [] }, { tools: [createPayTool()] }, 'tool "pay": it is new'],
] as readonly (readonly [string, Options, Options, string])[])(
  'refuses another version with %s, names the first difference, and executes nothing',
  async (...row) => {
    const [, before, after, why] = row;
    const host = memoryHost();
    await createPayer(before).run('Go.', { host, runId: 'run' }).outcome();
    const fork = await host.fork('run', { before: 'model:1' });
    const model = scriptedModel(() => respond.text('Done.'));
    const next = createPayer({ ...after, model, version: '2' });
    await expect(next.resume(fork, { host }).outcome()).rejects.toMatchObject({
      code: 'run.version',
      message: expect.stringContaining(
        `by version none of agent "payer", but this is version "2". First difference: ${why}. Resume it with the old version`,
      ),
    });
    expect(model.requests).toEqual([]);
  },
);

test('refuses an empty version', () => {
  expect(() => createPayer({ version: '' })).toThrow('version is "". Pass a string, or leave it out.');
});

test('the run.started event of a nested run has the agent’s definition', async () => {
  const definitions: unknown[] = [];
  const run = createAsker({ version: '1' }).run('Go.');
  run.on('run.started', ({ path, definition }) => definitions.push([path, definition]));
  await run.outcome();
  expect(definitions).toEqual([
    ['', undefined],
    ['tool:1.0', { version: '1', tools: { pay: expect.stringMatching(/^[0-9a-f]{16}$/) } }],
  ]);
});
