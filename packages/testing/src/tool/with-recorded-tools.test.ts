import {
  Agent,
  contentParts,
  customTool,
  jsonSchema,
  memoryHost,
  type RunEvent,
  type Tool,
  ToolError,
  tool,
} from '@pawl/core';
import { respond, scriptedModel, withRecordedTools } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

/** Runs an agent, and then again with the recorded results. `executed` counts what ran. */
async function recordAndReplay(
  tools: readonly Tool<unknown>[],
  { script, replay = script }: { readonly script: Script; readonly replay?: Script },
): Promise<{ readonly first: readonly RunEvent[]; readonly second: readonly RunEvent[] }> {
  const agent = new Agent({ model: scriptedModel([...script]), tools });
  const first = await Array.fromAsync(agent.run('Go.'));
  const again = agent.with({ model: scriptedModel([...replay]), tools: withRecordedTools(tools, first) });
  return { first, second: await Array.fromAsync(again.run('Go.')) };
}

type Script = readonly (ReturnType<typeof respond.text> | ReturnType<typeof respond.calls>)[];

function readTexts(events: readonly RunEvent[]): readonly (readonly [type: string, content: string])[] {
  return events.flatMap((event) =>
    event.type === 'tool.finished' || event.type === 'tool.failed' || event.type === 'tool.skipped'
      ? [[event.type, event.content] as const]
      : [],
  );
}

describe('withRecordedTools', () => {
  test('answers equal calls in their order, and the last answer again, and runs nothing', async () => {
    let count = 0;
    const next = tool({ name: 'next', input: z.object({ step: z.number().default(1) }), execute: () => ++count });
    const script = [respond.call('next', {}), respond.call('next', { step: 1 }), respond.text('Done.')];
    const more = [
      respond.call('next', { step: 1 }),
      respond.call('next', {}),
      respond.call('next', {}),
      respond.text('Done.'),
    ];
    const { first, second } = await recordAndReplay([next], { script, replay: more });
    expect(readTexts(first)).toEqual([
      ['tool.finished', '1'],
      ['tool.finished', '2'],
    ]);
    // `{}` and `{ step: 1 }` are the same call: the default is filled in.
    expect(readTexts(second).map(([, text]) => text)).toEqual(['1', '2', '2']);
    expect(count).toBe(2);
  });

  test('refuses a call with other arguments, and tells the model', async () => {
    let count = 0;
    const pay = tool({ name: 'pay', input: z.object({ amount: z.number() }), execute: () => ++count });
    const { second } = await recordAndReplay([pay], {
      script: [respond.call('pay', { amount: 1 }), respond.text('Done.')],
      replay: [respond.call('pay', { amount: 2 }), respond.text('Done.')],
    });
    expect(readTexts(second)).toEqual([
      ['tool.failed', expect.stringContaining('no call of "pay" with these arguments')],
    ]);
    expect(count).toBe(1);
  });

  test('repeats failures, texts that look like JSON, files and results of custom tools as the model read them', async () => {
    const tools = [
      tool({ name: 'fail', input: z.object({}), execute: () => Promise.reject(new ToolError('No such order.')) }),
      tool({ name: 'text', input: z.object({}), execute: () => '{"a":1}' }),
      tool({
        name: 'file',
        input: z.object({}),
        execute: () =>
          contentParts({ type: 'text', text: 'A map.' }, { type: 'image_url', image_url: { url: 'data:,x' } }),
      }),
      customTool({ name: 'shell', execute: (command) => `ran ${command}` }),
    ];
    const script = [
      respond.calls([{ name: 'fail' }, { name: 'text' }, { name: 'file' }, { name: 'shell', input: 'ls' }]),
      respond.text('Done.'),
    ];
    const { first, second } = await recordAndReplay(tools, { script });
    expect(readTexts(first)).toHaveLength(4);
    expect(readTexts(second)).toEqual(readTexts(first));
    const messages = (events: readonly RunEvent[]) =>
      events.flatMap((event) => (event.type === 'run.finished' ? event.outcome.messages : []));
    expect(messages(second)).toEqual(messages(first));
  });

  test('needs no approval, and repeats a denial and a result from outside', async () => {
    const ran: string[] = [];
    const refund = tool({
      name: 'refund',
      needsApproval: true,
      input: jsonSchema<{ readonly order: number }>({ type: 'object', properties: { order: { type: 'number' } } }),
      execute: () => ran.push('refund'),
    });
    const ask = tool({ name: 'ask', input: jsonSchema({ type: 'object' }) });
    const host = memoryHost();
    const script = [
      respond.calls([{ name: 'refund', arguments: { order: 7 } }, { name: 'ask' }]),
      respond.text('Done.'),
    ];
    const agent = new Agent({ model: scriptedModel([...script]), tools: [refund, ask] });
    const suspended = await agent.run('Go.', { host, runId: 'r' }).outcome();
    const pending = suspended.status === 'suspended' ? suspended.pending : [];
    const answers = [{ type: 'deny', reason: 'Too late.' } as const, { type: 'result', value: 'Blue.' } as const];
    for (const [index, call] of pending.entries()) {
      const answer = answers[index];
      if (answer !== undefined) await host.answer('r', call.id, { ...answer, fingerprint: call.fingerprint });
    }
    const events = await Array.fromAsync(agent.resume('r', { host }));
    const again = agent.with({ model: scriptedModel([...script]), tools: withRecordedTools([refund, ask], events) });
    const outcome = await again.run('Go.').outcome();
    expect(outcome.status).toBe('completed');
    const contents = outcome.messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []));
    expect(contents).toEqual([expect.stringContaining('Too late.'), 'Blue.']);
    expect(ran).toEqual([]);
  });

  test('repeats what a call changed of the state of the run', async () => {
    const note = tool({
      name: 'note',
      input: z.object({ text: z.string() }),
      execute: async ({ text }, { state }) => {
        await state.update(({ notes }: { readonly notes: readonly string[] }) => ({
          notes: [...notes, text],
          last: text,
        }));
        return 'noted';
      },
    });
    const script = [respond.call('note', { text: 'a' }), respond.call('note', { text: 'b' }), respond.text('Done.')];
    const agent = new Agent({
      model: scriptedModel([...script]),
      tools: [note],
      state: z.object({ notes: z.array(z.string()).default([]), last: z.string().optional() }),
    });
    const events = await Array.fromAsync(agent.run('Go.'));
    const again = agent.with({ model: scriptedModel([...script]), tools: withRecordedTools([note], events) });
    expect((await again.run('Go.').outcome()).state).toEqual({ notes: ['a', 'b'], last: 'b' });
  });

  test('reaches the tools of agents that take over, and answers an agent as a tool as a whole', async () => {
    const ran: string[] = [];
    const lookUp = tool({
      name: 'look_up',
      effect: 'read',
      input: z.object({}),
      execute: () => `found ${ran.push('look_up')}`,
    });
    const inner = new Agent({
      name: 'inner',
      model: scriptedModel([respond.call('look_up'), respond.text('Inside.')]),
      tools: [lookUp],
    });
    const billing = new Agent({
      name: 'billing',
      model: scriptedModel([
        respond.call('look_up'),
        respond.text('Bill.'),
        respond.call('look_up'),
        respond.text('Bill.'),
      ]),
      tools: [lookUp],
    });
    const agent = new Agent({
      name: 'front',
      model: scriptedModel([
        respond.call('research', { prompt: 'Look.' }),
        respond.call('transfer_to_billing'),
        respond.call('research', { prompt: 'Look.' }),
        respond.call('transfer_to_billing'),
      ]),
      tools: [inner.asTool({ name: 'research', description: 'Looks.' })],
      handoffs: [billing],
    });
    const events = await Array.fromAsync(agent.run('Go.'));
    expect(ran).toHaveLength(2);
    const again = agent.with({ tools: ({ tools }) => withRecordedTools(tools, events) });
    const outcome = await again.run('Go.').outcome();
    expect(outcome).toMatchObject({ status: 'completed', text: 'Bill.' });
    expect(ran).toHaveLength(2);
  });
});
