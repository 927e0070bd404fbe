import { Agent, type Host, type JsonObject, SuspendRun, tool } from '@pawl/core';
import type { Json, Message } from '@pawl/core/chat';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

const agent: Agent = new Agent({ name: 'a', model: scriptedModel(() => respond.text('Hello.')) });

const round: Record<string, unknown> = {};
round['self'] = round;

/** Values that only a caller without types can pass. */
const odd: readonly (readonly [string, unknown, path: string, what: string])[] = [
  ['a BigInt', { order: 1n }, 'order', 'a BigInt'],
  ['a function', { hooks: [() => 1] }, 'hooks[0]', 'a function'],
  ['a circular object', round, 'self', 'an object that contains itself'],
  ['a date', { at: new Date(0) }, 'at', 'a Date'],
  ['a map', { tags: new Map() }, 'tags', 'a Map'],
  ['undefined', { user: { id: undefined } }, 'user.id', 'undefined'],
  ['NaN', { price: Number.NaN }, 'price', 'NaN'],
];

async function catchError(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(hosts)('on $name', ({ open }) => {
  async function expectNothingStored(host: Host): Promise<void> {
    expect(await host.listRuns()).toEqual([]);
  }

  test.each(odd)('refuses metadata with %s before anything is stored', async (_, value, path, what) => {
    const host = open();
    const metadata = value as JsonObject;
    const message = `metadata.${path} is ${what}, which JSON cannot represent.`;
    for (const work of [
      () => agent.run('Go.', { host, runId: 'r', metadata }).outcome(),
      () => host.enqueue('a', 'Go.', { runId: 'r', metadata }),
    ]) {
      const error = await catchError(work);
      expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining(message) });
    }
    await expectNothingStored(host);
  });

  test.each([
    ['in a text', [{ role: 'user', content: 5n }], 'messages[0].content is a BigInt'],
    [
      'in a part',
      [{ role: 'user', content: [{ type: 'text', text: () => 'x' }] }],
      'messages[0].content[0].text is a function',
    ],
    ['in a field of its own', [{ role: 'user', content: 'x', at: new Date(0) }], 'messages[0].at is a Date'],
    [
      'in a later message',
      [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: new Set(['y']) },
      ],
      'messages[1].content is a Set',
    ],
  ])('refuses messages that JSON cannot represent before anything is stored: %s', async (_, given, problem) => {
    const host = open();
    const messages = given as unknown as readonly Message[];
    for (const work of [() => agent.run(messages, { host }).outcome(), () => host.enqueue('a', messages)]) {
      const error = await catchError(work);
      expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining(problem) });
    }
    await expectNothingStored(host);
  });

  test('omits undefined fields of messages, and stores an instance as its fields', async () => {
    const host = open();
    class Question {
      readonly role = 'user';
      readonly content = 'Hi.';
      readonly name = undefined;
    }
    await agent.run([new Question() as unknown as Message], { host, runId: 'r' });
    expect((await host.getRun('r')).record.messages).toStrictEqual([{ role: 'user', content: 'Hi.' }]);
  });

  test('a stored run does not change if the caller changes what it passed', async () => {
    const host = open();
    const metadata = { user: { name: 'Ann' } };
    const messages: Message[] = [{ role: 'user', content: 'Hi.' }];
    const run = agent.run(messages, { host, runId: 'r', metadata });
    await host.enqueue('a', messages, { runId: 'q', metadata });
    metadata.user.name = 'Eve';
    messages.push({ role: 'user', content: 'And more.' });
    await run;
    for (const runId of ['r', 'q']) {
      const { record } = await host.getRun(runId);
      expect([record.metadata, record.messages]).toEqual([
        { user: { name: 'Ann' } },
        [{ role: 'user', content: 'Hi.' }],
      ]);
    }
  });

  test.each([
    [{ cost: '1' }, 'limits.cost is the text "1". Pass a number.'],
    [{ turns: 0 }, 'limits.turns is 0.'],
    [{ turns: Number.NaN }, 'limits.turns is NaN.'],
    [{ turn: 1 }, 'there is no option "limits.turn". Did you mean "limits.turns"?'],
  ])('refuses to enqueue a run with the limits %o', async (limits, problem) => {
    const host = open();
    await expect(host.enqueue('a', 'Go.', { limits: limits as object })).rejects.toThrow(problem);
    await expectNothingStored(host);
  });

  test('refuses an agent instead of its name', async () => {
    const host = open();
    await expect(host.enqueue(agent as never, 'Go.')).rejects.toThrow(
      'host.enqueue: agent is an Agent. Pass its name: host.enqueue(agent.name, input).',
    );
  });

  test('refuses to fork with values that JSON cannot represent', async () => {
    const host = open();
    await agent.run('Go.', { host, runId: 'r' });
    const messages = [{ role: 'user', content: [5n] }] as unknown as readonly Message[];
    for (const options of [
      { before: 'model:1', messages },
      { before: 'model:1', input: messages },
    ]) {
      await expect(host.fork('r', options)).rejects.toThrow('messages[0].content[0] is a BigInt');
    }
    expect(await host.listRuns()).toHaveLength(1);
  });

  const approve = (preview: unknown) =>
    tool({
      name: 'pay',
      description: 'Pays.',
      input: z.object({}),
      needsApproval: true,
      preview: () => preview as Json,
      execute: () => 'paid',
    });

  test.each([
    ['of a tool', approve({ amount: 5n })],
    [
      'of a tool that suspends its run',
      tool({
        name: 'pay',
        description: 'Pays.',
        input: z.object({}),
        execute: () => {
          throw new SuspendRun('Later.', { preview: { amount: 5n } as never });
        },
      }),
    ],
  ])('explains a preview that JSON cannot represent in the pending call: %s', async (_, pay) => {
    const host = open();
    const payer = new Agent({ name: 'a', model: scriptedModel([respond.call('pay')]), tools: [pay] });
    const outcome = await payer.run('Go.', { host, runId: 'r' }).outcome();
    expect(outcome.status === 'suspended' && outcome.pending[0]?.preview).toBe(
      'The preview failed: preview.amount is a BigInt, which JSON cannot represent. Pass a text: String(value).',
    );
  });

  test('refuses an answer and a message that JSON cannot represent, and the call stays pending', async () => {
    const host = open();
    const payer = new Agent({ name: 'a', model: scriptedModel([respond.call('pay')]), tools: [approve(undefined)] });
    const outcome = await payer.run('Go.', { host, runId: 'r' }).outcome();
    const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
    const { id = '', fingerprint = '' } = pending ?? {};
    const edit = { type: 'edit', fingerprint, arguments: { at: new Date(0) } } as never;
    await expect(host.answer('r', id, edit)).rejects.toThrow('answer.arguments.at is a Date');
    const message = { role: 'user', content: 5n } as never;
    await expect(host.sendMessage('r', message)).rejects.toThrow('message.content is a BigInt');
    await host.answer('r', id, { type: 'deny', fingerprint });
  });
});
