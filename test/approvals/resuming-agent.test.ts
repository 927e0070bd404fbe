// What was asked stays asked, whoever resumes the run: another process, another release, an agent with other tools.
import { Agent, type AgentOptions, type Host, memoryHost, type PendingCall, type Tool, tool } from '@pawl/core';
import { requireApproval } from '@pawl/core/middleware';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

const SCHEMA = z.object({ path: z.string() });

/** A tool that counts what it did. */
function eraser(ran: string[], options: Partial<Parameters<typeof tool>[0]> = {}): Tool<unknown> {
  const execute = ({ path }: { readonly path: string }): string => `erased ${ran.push(path) && path}`;
  return tool({ name: 'erase', description: 'Erases.', input: SCHEMA, execute, ...options } as never);
}

/** Calls the tool once, then says what it gave. */
const script = () =>
  scriptedModel(({ messages }) => {
    const result = messages.findLast(({ role }) => role === 'tool');
    return result === undefined ? respond.call('erase', { path: 'a' }) : respond.text(String(result.content));
  });

const newAgent = (options: Partial<AgentOptions<unknown, string>>): Agent =>
  new Agent({ name: 'a', model: script(), ...options });

/** Begins a run that waits, and gives what it waits for. */
async function begin(agent: Agent, host: Host): Promise<PendingCall> {
  const outcome = await agent.run('Go.', { host, runId: 'r' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`It waits for nothing: ${outcome.status}.`);
  return pending;
}

type Answering = (pending: PendingCall, host: Host) => Promise<void> | void;

const answers: Readonly<
  Record<string, { readonly answer: Answering; readonly status: string; readonly ran: readonly string[] }>
> = {
  approved: {
    answer: ({ id, fingerprint }, host) => host.answer('r', id, { type: 'approve', fingerprint }),
    status: 'completed',
    ran: ['a'],
  },
  denied: {
    answer: ({ id, fingerprint }, host) => host.answer('r', id, { type: 'deny', fingerprint, reason: 'no' }),
    status: 'completed',
    ran: [],
  },
  edited: {
    answer: ({ id, fingerprint }, host) =>
      host.answer('r', id, { type: 'edit', fingerprint, arguments: { path: 'b' } }),
    status: 'completed',
    ran: ['b'],
  },
  'left unanswered': { answer: () => undefined, status: 'suspended', ran: [] },
  'closed by the user': {
    answer: (_, host) => host.sendMessage('r', { role: 'user', content: 'Forget it.' }),
    status: 'completed',
    ran: [],
  },
};

/** Tools of a resuming agent that asks nobody, in each way there is. */
const relaxations: Readonly<Record<string, (tool: Tool<unknown>) => Tool<unknown>>> = {
  'a tool without approval': (tool) => tool,
  'a rule that says no': (tool) => ({ ...tool, needsApproval: () => false }),
};

describe.each(hosts)('on $name', ({ open }) => {
  describe.each(Object.entries(relaxations))('an agent with %s resumes a run whose call was', (_, relax) => {
    test.each(Object.entries(answers))('%s', async (_name, { answer, status, ran: expected }) => {
      const ran: string[] = [];
      const host = open();
      const pending = await begin(newAgent({ tools: requireApproval([eraser(ran)]) }), host);
      await answer(pending, host);
      const outcome = await newAgent({ tools: [relax(eraser(ran))] })
        .resume('r', { host })
        .outcome();

      expect({ status: outcome.status, ran }).toEqual({ status, ran: expected });
      if (outcome.status === 'suspended') expect(outcome.pending).toEqual([pending]);
    });
  });

  test('an expired approval stays expired', async () => {
    const ran: string[] = [];
    const clock = manualClock();
    const host = open({ clock });
    await begin(newAgent({ tools: [eraser(ran, { needsApproval: true, approvalTimeoutMs: 1_000 })], clock }), host);
    await clock.advance(1_001);
    const outcome = await newAgent({ tools: [eraser(ran)], clock })
      .resume('r', { host })
      .outcome();

    expect(outcome.status).toBe('completed');
    expect(ran).toEqual([]);
  });

  test('an answer from outside is the result, although the resuming tool could run', async () => {
    const ran: string[] = [];
    const host = open();
    const outside = tool({ name: 'erase', description: 'Erases.', input: SCHEMA });
    const pending = await begin(newAgent({ tools: [outside] }), host);
    const worker = newAgent({ tools: [eraser(ran)] });
    expect((await worker.resume('r', { host }).outcome()).status).toBe('suspended');
    await host.answer('r', pending.id, { type: 'result', fingerprint: pending.fingerprint, value: 'done by hand' });
    const outcome = await worker.resume('r', { host }).outcome();

    expect(outcome).toMatchObject({ status: 'completed', output: 'done by hand' });
    expect(ran).toEqual([]);
  });

  test('the request is emitted again, as replayed', async () => {
    const host = open();
    const pending = await begin(newAgent({ tools: requireApproval([eraser([])]) }), host);
    const replayed: unknown[] = [];
    const run = newAgent({ tools: [eraser([])] }).resume('r', { host });
    run.on('approval.requested', (event) => replayed.push([event.replayed, event.pending]));
    await run.outcome();

    expect(replayed).toEqual([[true, pending]]);
  });

  describe('an agent whose tool has another definition', () => {
    const changes: Readonly<Record<string, Partial<Parameters<typeof tool>[0]>>> = {
      'another schema': { input: z.object({ path: z.string(), deep: z.boolean().default(true) }) },
      'another effect': { effect: 'idempotent' },
      'another definition outside the application': { definitionHash: 'v2' },
    };

    test.each(Object.entries(changes))('asks again for an approved call: %s', async (_, change) => {
      const ran: string[] = [];
      const host = open();
      const pending = await begin(newAgent({ tools: [eraser(ran, { needsApproval: true })] }), host);
      await host.answer('r', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
      // It need not even ask by itself: what was asked stays asked.
      const release = newAgent({ tools: [eraser(ran, change)] });
      const run = release.resume('r', { host, onVersionMismatch: 'continue' });
      const again: unknown[] = [];
      run.on('approval.requested', (event) => !event.replayed && again.push(event.again));
      const outcome = await run.outcome();
      const [asked] = outcome.status === 'suspended' ? outcome.pending : [];

      expect(ran).toEqual([]);
      expect(again).toEqual(['definition_changed']);
      expect(asked?.fingerprint).not.toBe(pending.fingerprint);
      expect(asked?.id).not.toBe(pending.id);

      const { id = '', fingerprint = '' } = asked ?? {};
      await expect(host.answer('r', id, { type: 'approve', fingerprint: pending.fingerprint })).rejects.toMatchObject({
        code: 'approval.mismatch',
      });
      await host.answer('r', id, { type: 'approve', fingerprint });
      const end = await release.resume('r', { host, onVersionMismatch: 'continue' }).outcome();
      expect({ status: end.status, ran }).toEqual({ status: 'completed', ran: ['a'] });
    });

    test('does not use an edit either, and shows the arguments that the model wrote', async () => {
      const ran: string[] = [];
      const host = open();
      const pending = await begin(newAgent({ tools: [eraser(ran, { needsApproval: true })] }), host);
      await host.answer('r', pending.id, { type: 'edit', fingerprint: pending.fingerprint, arguments: { path: 'b' } });
      const release = newAgent({ tools: [eraser(ran, { needsApproval: true, effect: 'idempotent' })] });
      const outcome = await release.resume('r', { host, onVersionMismatch: 'continue' }).outcome();
      const [asked] = outcome.status === 'suspended' ? outcome.pending : [];

      expect(asked?.input).toEqual({ path: 'a' });
      const { id = '', fingerprint = '' } = asked ?? {};
      await host.answer('r', id, { type: 'edit', fingerprint, arguments: { path: 'c' } });
      await release.resume('r', { host, onVersionMismatch: 'continue' }).outcome();
      expect(ran).toEqual(['c']);
    });

    test('asks again each time that the definition has changed', async () => {
      const ran: string[] = [];
      const host = open();
      let { id, fingerprint } = await begin(newAgent({ tools: [eraser(ran, { needsApproval: true })] }), host);
      const ids = [id];
      for (const definitionHash of ['v2', 'v3']) {
        await host.answer('r', id, { type: 'approve', fingerprint });
        const release = newAgent({ tools: [eraser(ran, { definitionHash })] });
        const outcome = await release.resume('r', { host, onVersionMismatch: 'continue' }).outcome();
        if (outcome.status !== 'suspended' || outcome.pending[0] === undefined) throw new Error(outcome.status);
        ({ id, fingerprint } = outcome.pending[0]);
        ids.push(id);
      }

      expect(new Set(ids).size).toBe(3);
      expect(ran).toEqual([]);
    });

    test.each(['denied', 'left unanswered', 'closed by the user'])('keeps a call that was %s', async (name) => {
      const ran: string[] = [];
      const host = open();
      const pending = await begin(newAgent({ tools: [eraser(ran, { needsApproval: true })] }), host);
      await answers[name]?.answer(pending, host);
      const release = newAgent({ tools: [eraser(ran, { definitionHash: 'v2' })] });
      const outcome = await release.resume('r', { host, onVersionMismatch: 'continue' }).outcome();

      expect({ status: outcome.status, ran }).toEqual({ status: answers[name]?.status, ran: [] });
    });
  });

  describe('what holds of a run holds of', () => {
    test.each(Object.entries(answers))('an agent as a tool: %s', async (_, { answer, status, ran: expected }) => {
      const ran: string[] = [];
      const host = open();
      const around = (tools: readonly Tool<unknown>[]): Agent => {
        const inner = newAgent({ name: 'inner', tools });
        const model = scriptedModel(({ messages }) =>
          messages.some(({ role }) => role === 'tool')
            ? respond.text('End.')
            : respond.call('inner', { prompt: 'Go.' }),
        );
        return new Agent({ name: 'outer', model, tools: [inner.asTool({ name: 'inner', description: 'I' })] });
      };
      const pending = await begin(around(requireApproval([eraser(ran)])), host);
      await answer(pending, host);
      const outcome = await around([eraser(ran)])
        .resume('r', { host })
        .outcome();

      expect({ status: outcome.status, ran }).toEqual({ status, ran: expected });
    });

    test.each(Object.entries(answers))('an agent that the conversation went over to: %s', async (_, given) => {
      const ran: string[] = [];
      const host = open();
      // The second agent's model sees a result of the handover first.
      const handed = (tools: readonly Tool<unknown>[]): Agent => {
        const model = scriptedModel(({ messages }) => {
          const last = messages.at(-1);
          const isErased =
            last?.role === 'tool' &&
            messages.some(({ role, ...rest }) => role === 'assistant' && JSON.stringify(rest).includes('"erase"'));
          return isErased || last?.role === 'user' ? respond.text('End.') : respond.call('erase', { path: 'a' });
        });
        const second = new Agent({ name: 'second', model, tools });
        return new Agent({
          name: 'first',
          model: scriptedModel([respond.call('transfer_to_second', {})]),
          handoffs: [second],
        });
      };
      const pending = await begin(handed(requireApproval([eraser(ran)])), host);
      await given.answer(pending, host);
      const outcome = await handed([eraser(ran)])
        .resume('r', { host })
        .outcome();

      expect({ status: outcome.status, ran }).toEqual({ status: given.status, ran: given.ran });
    });
  });

  describe('a fork', () => {
    test.each(['check:1.0', 'tool:1.0:erase'])(
      'from before an approved call (%s) asks for it again',
      async (before) => {
        const ran: string[] = [];
        const host = open();
        const agent = newAgent({ tools: [eraser(ran, { needsApproval: true })] });
        const { id, fingerprint } = await begin(agent, host);
        await host.answer('r', id, { type: 'approve', fingerprint });
        await agent.resume('r', { host });
        const fork = await host.fork('r', { before, runId: 'fork' });
        const outcome = await agent.resume(fork, { host }).outcome();

        expect({ status: outcome.status, ran }).toEqual({ status: 'suspended', ran: ['a'] });
        if (outcome.status !== 'suspended') return;
        const [pending] = outcome.pending;
        await host.answer('fork', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
        await agent.resume(fork, { host });
        expect(ran).toEqual(['a', 'a']);
      },
    );

    test('from after an approved call keeps its answer and its result', async () => {
      const ran: string[] = [];
      const host = open();
      const agent = newAgent({ tools: [eraser(ran, { needsApproval: true })] });
      const { id, fingerprint } = await begin(agent, host);
      await host.answer('r', id, { type: 'approve', fingerprint });
      await agent.resume('r', { host });
      const fork = await host.fork('r', { before: 'model:2' });

      expect((await agent.resume(fork, { host })).output).toBe('erased a');
      expect(ran).toEqual(['a']);
    });
  });
});

test('the fingerprint is another for another call id, tool, arguments or definition', async () => {
  const fingerprintOf = async (
    id: string,
    given: { readonly path: string },
    name: string,
    definitionHash: string,
  ): Promise<string> => {
    const ask = tool({
      name,
      description: 'E',
      input: z.object({ path: z.string() }),
      needsApproval: true,
      definitionHash,
      execute: () => 1,
    });
    const model = scriptedModel([respond.calls([{ id, name, arguments: given }])]);
    return (await begin(new Agent({ model, tools: [ask] }), memoryHost())).fingerprint;
  };
  const all = await Promise.all([
    fingerprintOf('call_1', { path: 'a' }, 'erase', 'v1'),
    fingerprintOf('call_2', { path: 'a' }, 'erase', 'v1'),
    fingerprintOf('call_1', { path: 'b' }, 'erase', 'v1'),
    fingerprintOf('call_1', { path: 'a' }, 'remove', 'v1'),
    fingerprintOf('call_1', { path: 'a' }, 'erase', 'v2'),
  ]);

  expect(new Set(all).size).toBe(5);
  expect(await fingerprintOf('call_1', { path: 'a' }, 'erase', 'v1')).toBe(all[0]);
});

test('a rule that throws asks', async () => {
  const ran: string[] = [];
  const broken = { ...eraser(ran), needsApproval: () => Promise.reject(new Error('The rule is broken.')) };

  expect((await begin(newAgent({ tools: [broken] }), memoryHost())).reason).toBe('approval');
  expect(ran).toEqual([]);
});
