// An approval request persists, whichever agent resumes the run: of another process, another release, or with other tools.
import { Agent, type AgentOptions, type Host, memoryHost, type PendingCall, type Tool, tool } from '@pawl/core';
import { requireApproval } from '@pawl/core/middleware';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

const SCHEMA = z.object({ path: z.string() });

/** Creates a tool that records the erased paths. */
function createEraser(erased: string[], options: Partial<Parameters<typeof tool>[0]> = {}): Tool<unknown> {
  const execute = ({ path }: { readonly path: string }): string => `erased ${erased.push(path) && path}`;
  return tool({ name: 'erase', description: 'Erases.', input: SCHEMA, execute, ...options } as never);
}

/** Creates a model that calls the tool once, then repeats its result. */
const createModel = () =>
  scriptedModel(({ messages }) => {
    const result = messages.findLast(({ role }) => role === 'tool');
    return result === undefined ? respond.call('erase', { path: 'a' }) : respond.text(String(result.content));
  });

const createAgent = (options: Partial<AgentOptions<unknown, string>>): Agent =>
  new Agent({ name: 'a', model: createModel(), ...options });

/** Suspends a run, and returns its pending call. */
async function suspendRun(agent: Agent, host: Host): Promise<PendingCall> {
  const outcome = await agent.run('Go.', { host, runId: 'r' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run has no pending call: ${outcome.status}.`);
  return pending;
}

type AnswerFunction = (pending: PendingCall, host: Host) => Promise<void> | void;

const answers: Readonly<
  Record<string, { readonly answer: AnswerFunction; readonly status: string; readonly erased: readonly string[] }>
> = {
  approved: {
    answer: ({ id, fingerprint }, host) => host.answer('r', id, { type: 'approve', fingerprint }),
    status: 'completed',
    erased: ['a'],
  },
  denied: {
    answer: ({ id, fingerprint }, host) => host.answer('r', id, { type: 'deny', fingerprint, reason: 'no' }),
    status: 'completed',
    erased: [],
  },
  edited: {
    answer: ({ id, fingerprint }, host) =>
      host.answer('r', id, { type: 'edit', fingerprint, arguments: { path: 'b' } }),
    status: 'completed',
    erased: ['b'],
  },
  'left unanswered': { answer: () => undefined, status: 'suspended', erased: [] },
  'closed by the user': {
    answer: (_, host) => host.sendMessage('r', { role: 'user', content: 'Forget it.' }),
    status: 'completed',
    erased: [],
  },
};

/** Every way in which a resuming agent can require no approval. */
const relaxations: Readonly<Record<string, (tool: Tool<unknown>) => Tool<unknown>>> = {
  'a tool without approval': (tool) => tool,
  'a rule that returns false': (tool) => ({ ...tool, needsApproval: () => false }),
};

describe.each(hosts)('on $name', ({ open }) => {
  describe.each(Object.entries(relaxations))('an agent with %s resumes a run whose call was', (_, relax) => {
    test.each(Object.entries(answers))('%s', async (_name, { answer, status, erased: expected }) => {
      const erased: string[] = [];
      const host = open();
      const pending = await suspendRun(createAgent({ tools: requireApproval([createEraser(erased)]) }), host);
      await answer(pending, host);
      const outcome = await createAgent({ tools: [relax(createEraser(erased))] })
        .resume('r', { host })
        .outcome();

      expect({ status: outcome.status, erased }).toEqual({ status, erased: expected });
      if (outcome.status === 'suspended') expect(outcome.pending).toEqual([pending]);
    });
  });

  test('keeps an expired approval expired', async () => {
    const erased: string[] = [];
    const clock = manualClock();
    const host = open({ clock });
    await suspendRun(
      createAgent({ tools: [createEraser(erased, { needsApproval: true, approvalTimeoutMs: 1_000 })], clock }),
      host,
    );
    await clock.advance(1_001);
    const outcome = await createAgent({ tools: [createEraser(erased)], clock })
      .resume('r', { host })
      .outcome();

    expect(outcome.status).toBe('completed');
    expect(erased).toEqual([]);
  });

  test('uses an answer from outside as the result, although the resuming tool could run', async () => {
    const erased: string[] = [];
    const host = open();
    const outside = tool({ name: 'erase', description: 'Erases.', input: SCHEMA });
    const pending = await suspendRun(createAgent({ tools: [outside] }), host);
    const worker = createAgent({ tools: [createEraser(erased)] });
    expect((await worker.resume('r', { host }).outcome()).status).toBe('suspended');
    await host.answer('r', pending.id, { type: 'result', fingerprint: pending.fingerprint, value: 'done by hand' });
    const outcome = await worker.resume('r', { host }).outcome();

    expect(outcome).toMatchObject({ status: 'completed', output: 'done by hand' });
    expect(erased).toEqual([]);
  });

  test('emits the approval request again, as replayed', async () => {
    const host = open();
    const pending = await suspendRun(createAgent({ tools: requireApproval([createEraser([])]) }), host);
    const replayed: unknown[] = [];
    const run = createAgent({ tools: [createEraser([])] }).resume('r', { host });
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

    test.each(Object.entries(changes))('requests a new approval for an approved call: %s', async (_, change) => {
      const erased: string[] = [];
      const host = open();
      const pending = await suspendRun(createAgent({ tools: [createEraser(erased, { needsApproval: true })] }), host);
      await host.answer('r', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
      // The new tool needs no approval itself: the request persists.
      const release = createAgent({ tools: [createEraser(erased, change)] });
      const run = release.resume('r', { host, onVersionMismatch: 'continue' });
      const again: unknown[] = [];
      run.on('approval.requested', (event) => !event.replayed && again.push(event.again));
      const outcome = await run.outcome();
      const [asked] = outcome.status === 'suspended' ? outcome.pending : [];

      expect(erased).toEqual([]);
      expect(again).toEqual(['definition_changed']);
      expect(asked?.fingerprint).not.toBe(pending.fingerprint);
      expect(asked?.id).not.toBe(pending.id);

      const { id = '', fingerprint = '' } = asked ?? {};
      await expect(host.answer('r', id, { type: 'approve', fingerprint: pending.fingerprint })).rejects.toMatchObject({
        code: 'approval.mismatch',
      });
      await host.answer('r', id, { type: 'approve', fingerprint });
      const end = await release.resume('r', { host, onVersionMismatch: 'continue' }).outcome();
      expect({ status: end.status, erased }).toEqual({ status: 'completed', erased: ['a'] });
    });

    test('does not request approval again for a call that has run', async () => {
      const host = open();
      const erased: string[] = [];
      const createRelease = (definitionHash: string): Agent => {
        const paths = ['a', 'b'];
        const model = scriptedModel(({ messages }) => {
          const path = paths[messages.filter(({ role }) => role === 'tool').length];
          return path === undefined ? respond.text('Done.') : respond.call('erase', { path });
        });
        return createAgent({ model, tools: [createEraser(erased, { needsApproval: true, definitionHash })] });
      };
      const first = await suspendRun(createRelease('v1'), host);
      await host.answer('r', first.id, { type: 'approve', fingerprint: first.fingerprint });
      await createRelease('v1').resume('r', { host }).outcome();
      const outcome = await createRelease('v2').resume('r', { host }).outcome();
      expect(outcome).toMatchObject({ status: 'suspended', pending: [{ input: { path: 'b' } }] });
      expect(outcome.messages.filter(({ role }) => role === 'tool')).toMatchObject([
        { content: 'erased a' },
        { content: 'Pending: this call waits for approval and has not run.' },
      ]);
      expect(erased).toEqual(['a']);
    });

    test('does not use an edit either, and shows the arguments of the model', async () => {
      const erased: string[] = [];
      const host = open();
      const pending = await suspendRun(createAgent({ tools: [createEraser(erased, { needsApproval: true })] }), host);
      await host.answer('r', pending.id, { type: 'edit', fingerprint: pending.fingerprint, arguments: { path: 'b' } });
      const release = createAgent({ tools: [createEraser(erased, { needsApproval: true, effect: 'idempotent' })] });
      const outcome = await release.resume('r', { host, onVersionMismatch: 'continue' }).outcome();
      const [asked] = outcome.status === 'suspended' ? outcome.pending : [];

      expect(asked?.input).toEqual({ path: 'a' });
      const { id = '', fingerprint = '' } = asked ?? {};
      await host.answer('r', id, { type: 'edit', fingerprint, arguments: { path: 'c' } });
      await release.resume('r', { host, onVersionMismatch: 'continue' }).outcome();
      expect(erased).toEqual(['c']);
    });

    test('requests a new approval after each change of the definition', async () => {
      const erased: string[] = [];
      const host = open();
      let { id, fingerprint } = await suspendRun(
        createAgent({ tools: [createEraser(erased, { needsApproval: true })] }),
        host,
      );
      const ids = [id];
      for (const definitionHash of ['v2', 'v3']) {
        await host.answer('r', id, { type: 'approve', fingerprint });
        const release = createAgent({ tools: [createEraser(erased, { definitionHash })] });
        const outcome = await release.resume('r', { host, onVersionMismatch: 'continue' }).outcome();
        if (outcome.status !== 'suspended' || outcome.pending[0] === undefined) throw new Error(outcome.status);
        ({ id, fingerprint } = outcome.pending[0]);
        ids.push(id);
      }

      expect(new Set(ids).size).toBe(3);
      expect(erased).toEqual([]);
    });

    test.each(['denied', 'left unanswered', 'closed by the user'])('keeps a call that was %s', async (name) => {
      const erased: string[] = [];
      const host = open();
      const pending = await suspendRun(createAgent({ tools: [createEraser(erased, { needsApproval: true })] }), host);
      await answers[name]?.answer(pending, host);
      const release = createAgent({ tools: [createEraser(erased, { definitionHash: 'v2' })] });
      const outcome = await release.resume('r', { host, onVersionMismatch: 'continue' }).outcome();

      expect({ status: outcome.status, erased }).toEqual({ status: answers[name]?.status, erased: [] });
    });
  });

  describe('the approval request of a call persists in', () => {
    test.each(Object.entries(answers))('an agent as a tool: %s', async (_, { answer, status, erased: expected }) => {
      const erased: string[] = [];
      const host = open();
      const around = (tools: readonly Tool<unknown>[]): Agent => {
        const inner = createAgent({ name: 'inner', tools });
        const model = scriptedModel(({ messages }) =>
          messages.some(({ role }) => role === 'tool')
            ? respond.text('End.')
            : respond.call('inner', { prompt: 'Go.' }),
        );
        return new Agent({ name: 'outer', model, tools: [inner.asTool({ name: 'inner', description: 'I' })] });
      };
      const pending = await suspendRun(around(requireApproval([createEraser(erased)])), host);
      await answer(pending, host);
      const outcome = await around([createEraser(erased)])
        .resume('r', { host })
        .outcome();

      expect({ status: outcome.status, erased }).toEqual({ status, erased: expected });
    });

    test.each(Object.entries(answers))('an agent after a handoff: %s', async (_, given) => {
      const erased: string[] = [];
      const host = open();
      // The model of the second agent sees the result of the handoff first.
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
      const pending = await suspendRun(handed(requireApproval([createEraser(erased)])), host);
      await given.answer(pending, host);
      const outcome = await handed([createEraser(erased)])
        .resume('r', { host })
        .outcome();

      expect({ status: outcome.status, erased }).toEqual({ status: given.status, erased: given.erased });
    });
  });

  describe('a fork', () => {
    test.each(['check:1.0', 'tool:1.0:erase'])(
      'from before an approved call (%s) requests approval again',
      async (before) => {
        const erased: string[] = [];
        const host = open();
        const agent = createAgent({ tools: [createEraser(erased, { needsApproval: true })] });
        const { id, fingerprint } = await suspendRun(agent, host);
        await host.answer('r', id, { type: 'approve', fingerprint });
        await agent.resume('r', { host });
        const fork = await host.fork('r', { before, runId: 'fork' });
        const outcome = await agent.resume(fork, { host }).outcome();

        expect({ status: outcome.status, erased }).toEqual({ status: 'suspended', erased: ['a'] });
        if (outcome.status !== 'suspended') return;
        const [pending] = outcome.pending;
        await host.answer('fork', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
        await agent.resume(fork, { host });
        expect(erased).toEqual(['a', 'a']);
      },
    );

    test('from after an approved call keeps its answer and its result', async () => {
      const erased: string[] = [];
      const host = open();
      const agent = createAgent({ tools: [createEraser(erased, { needsApproval: true })] });
      const { id, fingerprint } = await suspendRun(agent, host);
      await host.answer('r', id, { type: 'approve', fingerprint });
      await agent.resume('r', { host });
      const fork = await host.fork('r', { before: 'model:2' });

      expect((await agent.resume(fork, { host })).output).toBe('erased a');
      expect(erased).toEqual(['a']);
    });
  });
});

test('the fingerprint differs for another call id, tool, arguments or definition', async () => {
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
    return (await suspendRun(new Agent({ model, tools: [ask] }), memoryHost())).fingerprint;
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

test('requires approval if the rule throws', async () => {
  const erased: string[] = [];
  const broken = { ...createEraser(erased), needsApproval: () => Promise.reject(new Error('The rule is broken.')) };

  expect((await suspendRun(createAgent({ tools: [broken] }), memoryHost())).reason).toBe('approval');
  expect(erased).toEqual([]);
});
