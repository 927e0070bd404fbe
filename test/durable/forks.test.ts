import { Agent, type Host, type RunEvent, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import type { ForkOptions } from '@pawl/core/host';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

const input = z.object({ city: z.string() });

interface Traveller {
  readonly agent: Agent;
  /** The idempotency keys of the executed calls, in order. */
  readonly ran: readonly string[];
}

/** Creates an agent that looks at two cities in parallel, pays after an approval, and completes. */
function createTraveller(): Traveller {
  const ran: string[] = [];
  const createTool = (name: string, needsApproval: boolean) =>
    tool({
      name,
      description: 'Does it.',
      input,
      needsApproval,
      execute: ({ city }, { idempotencyKey }) => {
        ran.push(idempotencyKey);
        return `${name} ${city}`;
      },
    });
  const model = scriptedModel(({ messages }) => {
    const done = messages.filter(({ role }) => role === 'tool').length;
    if (done === 0) {
      return respond.calls(['Oslo', 'Rome'].map((city) => ({ name: 'look', arguments: { city } })));
    }
    return done === 2 ? respond.call('pay', { city: 'Rome' }) : respond.text('Booked.');
  });
  return {
    agent: new Agent({ name: 'traveller', model, tools: [createTool('look', false), createTool('pay', true)] }),
    ran,
  };
}

async function approve(host: Host, runId: string): Promise<void> {
  const [summary] = (await host.listRuns()).filter((each) => each.runId === runId);
  const [pending] = summary?.outcome?.status === 'suspended' ? summary.outcome.pending : [];
  await host.answer(runId, pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
}

describe.each(hosts)('a fork, on $name', ({ open }) => {
  /** Runs an agent to its end, or until it waits for approval. */
  async function runTraveller({ to }: { readonly to: 'end' | 'approval' }) {
    const host = open();
    const { agent, ran } = createTraveller();
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    if (to === 'approval') return { host, agent, ran };
    await approve(host, 'run');
    await agent.resume('run', { host }).outcome();
    return { host, agent, ran };
  }

  test('of a suspended run asks for an approval of its own', async () => {
    const { host, agent, ran } = await runTraveller({ to: 'approval' });
    const fork = await host.fork('run', { before: 'check:2.0', runId: 'fork' });
    expect((await agent.resume(fork, { host }).outcome()).status).toBe('suspended');
    await approve(host, 'fork');
    expect((await agent.resume('run', { host }).outcome()).status).toBe('suspended');
    expect((await agent.resume('fork', { host }).outcome()).status).toBe('completed');
    expect(ran).toEqual(['run/tool:1.0:look', 'run/tool:1.1:look', 'fork/tool:2.0:pay']);
  });

  test('before an approved call asks again, and runs the call with a key of its own', async () => {
    const { host, agent, ran } = await runTraveller({ to: 'end' });
    await host.fork('run', { before: 'tool:2.0:pay', runId: 'fork' });
    expect((await agent.resume('fork', { host }).outcome()).status).toBe('suspended');
    await approve(host, 'fork');
    expect((await agent.resume('fork', { host }).outcome()).status).toBe('completed');
    expect(ran.slice(2)).toEqual(['run/tool:2.0:pay', 'fork/tool:2.0:pay']);
  });

  test('with recheckApprovals asks the agent that resumes which calls need approval', async () => {
    const host = open();
    const ran: string[] = [];
    const createPayer = (needsApproval: boolean): Agent => {
      const pay = tool({
        name: 'pay',
        description: 'Pays.',
        input: z.object({}),
        needsApproval: () => needsApproval,
        execute: (_, { idempotencyKey }) => ran.push(idempotencyKey),
      });
      const model = scriptedModel(({ messages }) =>
        messages.some(({ role }) => role === 'tool')
          ? respond.text('Paid.')
          : respond.calls([{ name: 'pay' }, { name: 'pay' }]),
      );
      return new Agent({ name: 'payer', model, tools: [pay] });
    };
    await createPayer(false).run('Go.', { host, runId: 'run' });
    const careful = createPayer(true);
    await host.fork('run', { before: 'tool:1.1:pay', runId: 'copied' });
    expect((await careful.resume('copied', { host }).outcome()).status).toBe('completed');
    await host.fork('run', { before: 'tool:1.1:pay', runId: 'checked', recheckApprovals: true });
    const outcome = await careful.resume('checked', { host }).outcome();
    expect(outcome).toMatchObject({ status: 'suspended', pending: [{ id: 'approval:1.1' }] });
    expect(ran).toEqual(['run/tool:1.0:pay', 'run/tool:1.1:pay', 'copied/tool:1.1:pay']);
    await approve(host, 'checked');
    expect((await careful.resume('checked', { host }).outcome()).status).toBe('completed');
    expect(ran.slice(3)).toEqual(['checked/tool:1.1:pay']);
  });

  test('before the second of two calls runs only that one', async () => {
    const { host, agent, ran } = await runTraveller({ to: 'approval' });
    await host.fork('run', { before: 'tool:1.1:look', runId: 'fork' });
    await agent.resume('fork', { host }).outcome();
    expect(ran).toEqual(['run/tool:1.0:look', 'run/tool:1.1:look', 'fork/tool:1.1:look']);
  });

  test('of a fork works like a fork of a run', async () => {
    const { host, agent } = await runTraveller({ to: 'end' });
    await host.fork('run', { before: 'model:3', runId: 'one', input: 'And back.' });
    const first = await agent.resume('one', { host }).outcome();
    await host.fork('one', { before: 'model:1', runId: 'two', input: 'Soon.' });
    const { messages } = await agent.resume('two', { host }).outcome();
    const listUserTexts = (all: readonly Message[]) =>
      all.flatMap(({ role, content }) => (role === 'user' ? [content] : []));
    expect(listUserTexts(first.messages)).toEqual(['Go.', 'And back.']);
    expect(listUserTexts(messages)).toEqual(['Go.', 'And back.', 'Soon.']);
  });

  test('with messages begins with these messages and the input', async () => {
    const { host, agent, ran } = await runTraveller({ to: 'approval' });
    const messages: readonly Message[] = [
      { role: 'user', content: 'Go.' },
      { role: 'assistant', content: 'Where?' },
    ];
    await host.fork('run', { before: 'model:2', runId: 'fork', messages, input: 'To Bonn.' });
    const outcome = await agent.resume('fork', { host }).outcome();
    expect(outcome.messages.slice(0, 3)).toEqual([...messages, { role: 'user', content: 'To Bonn.' }]);
    expect(ran.slice(2)).toEqual(['fork/tool:1.0:look', 'fork/tool:1.1:look']);
  });

  test('with input reports all its first messages in run.started, to followers, too', async () => {
    const { host, agent } = await runTraveller({ to: 'end' });
    await host.fork('run', { before: 'model:2', runId: 'fork', input: 'Wait.' });
    const started: RunEvent[] = [];
    const run = agent.resume('fork', { host });
    run.on('run.started', (event) => started.push(event));
    const follower = agent.resume('fork', { host });
    follower.on('run.started', (event) => started.push(event));
    const [{ messages }] = await Promise.all([run.outcome(), follower.outcome()]);
    const begun = messages.slice(0, 5);
    expect(begun.at(-1)).toEqual({ role: 'user', content: 'Wait.' });
    expect(started.map((event) => 'messages' in event && event.messages)).toEqual([begun, begun]);
  });

  test('before a step of a nested run begins there', async () => {
    const host = open();
    const { agent: inner, ran } = createTraveller();
    const model = scriptedModel(({ messages }) =>
      messages.some(({ role }) => role === 'tool') ? respond.text('Home.') : respond.call('travel', { prompt: 'Go.' }),
    );
    const travel = inner.asTool({ name: 'travel', description: 'Travels.' });
    const agent = new Agent({ name: 'family', model, tools: [travel] });
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.fork('run', { before: 'tool:1.0/tool:1.1:look', runId: 'fork' });
    const outcome = await agent.resume('fork', { host }).outcome();
    expect(outcome).toMatchObject({ status: 'suspended', pending: [{ id: 'tool:1.0/approval:2.0' }] });
    expect(ran.at(-1)).toBe('fork/tool:1.0/tool:1.1:look');
    expect(ran).toHaveLength(3);
  });

  test.each([
    ['an unknown step', { before: 'model:9' }, 'step.unknown'],
    ['an existing id', { before: 'model:1', runId: 'run' }, 'run.exists'],
    ['an empty id', { before: 'model:1', runId: '' }, 'config.invalid'],
    ['no messages', { before: 'model:1', messages: [] }, 'config.invalid'],
    ['an invalid message', { before: 'model:1', input: [{ text: 'Go.' }] as never }, 'config.invalid'],
    [
      'a result without a call',
      { before: 'model:1', input: [{ role: 'tool', tool_call_id: 'x', content: 'y' }] },
      'config.invalid',
    ],
  ] as readonly (readonly [string, ForkOptions, string])[])(
    'with %s is refused, and creates no run',
    async (_, options, code) => {
      const { host } = await runTraveller({ to: 'approval' });
      await expect(host.fork('run', options)).rejects.toMatchObject({ code });
      expect(await host.listRuns()).toHaveLength(1);
    },
  );

  test('of an unknown run is refused', async () => {
    await expect(open().fork('run', { before: 'model:1' })).rejects.toMatchObject({ code: 'run.unknown' });
  });
});
