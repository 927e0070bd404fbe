import { join } from 'node:path';
import type { Host } from '@pawl/core';
import {
  type Copies,
  catchError,
  createCallingAgent,
  createWorkTool,
  describeEnd,
  listResults,
  respondCall,
  respondText,
  scriptModel,
  type TwoCopiesCase,
} from './copies.ts';

/** Suspends a run on a host of `b`, answers with a wrong and the right fingerprint, and resumes the run. */
async function runApproval({ a, b }: Copies, host: Host): Promise<unknown> {
  const agent = createCallingAgent(a, { tools: [createWorkTool(b, () => 'worked', { needsApproval: true })] });
  const error = await catchError(() => agent.run('Go.', { host, runId: 'r' }));
  const { RunSuspendedError, RunError, PawlError, ConfigError } = b.core;
  const known = [RunSuspendedError, RunError, PawlError, ConfigError].map((each) => each.isInstance(error));
  const { pending } = RunSuspendedError.isInstance(error) ? error.outcome : { pending: [] };
  const { id = '', fingerprint = '' } = pending[0] ?? {};
  const refused = await catchError(() => host.answer('r', id, { type: 'approve', fingerprint: 'other' }));
  await host.answer('r', id, { type: 'approve', fingerprint });
  const outcome = await agent.resume('r', { host }).outcome();
  return [known, a.core.ApprovalError.isInstance(refused), describeEnd(outcome), ...listResults(outcome)];
}

const APPROVED = [[true, true, true, false], true, ['completed', 'Done.'], 'worked'];

export const hostCases: readonly TwoCopiesCase[] = [
  {
    name: 'a run is suspended and resumed, on a memory host',
    run: (copies) => runApproval(copies, copies.b.core.memoryHost()),
    expected: APPROVED,
  },
  {
    name: 'a run is suspended and resumed, on SQLite',
    async run(copies) {
      const host = copies.b.sqlite.sqliteHost(join(copies.folder, 'runs.db'));
      try {
        return await runApproval(copies, host);
      } finally {
        await host.close();
      }
    },
    expected: APPROVED,
  },
  {
    name: 'the host refuses an existing run, and a run can attach to it',
    async run({ a, b }) {
      const host = b.core.memoryHost();
      const agent = new a.core.Agent({ model: scriptModel(respondText('Done.')) });
      await agent.run('Go.', { host: host, runId: 'r' });
      const error = await catchError(() => agent.run('Go.', { host: host, runId: 'r' }).outcome());
      const attached = await agent.run('Go.', { host: host, runId: 'r', onExistingRun: 'attach' }).outcome();
      return [a.core.HostError.isInstance(error) && error.code, describeEnd(attached)];
    },
    expected: ['run.exists', ['completed', 'Done.']],
  },
  {
    name: 'an agent of one copy resumes the run of an agent of the other',
    async run({ a, b }) {
      const host = b.core.memoryHost();
      const options = { tools: [createWorkTool(a, () => 'worked', { needsApproval: true })] };
      const suspended = await createCallingAgent(a, options).run('Go.', { host: host, runId: 'r' }).outcome();
      const { id = '', fingerprint = '' } = (suspended.status === 'suspended' && suspended.pending[0]) || {};
      await host.answer('r', id, { type: 'approve', fingerprint });
      const other = createCallingAgent(b, { ...options, model: scriptModel(respondText('Done.')) });
      return describeEnd(await other.resume('r', { host: host }).outcome());
    },
    expected: ['completed', 'Done.'],
  },
  {
    name: 'a run can be followed live through a host of the other copy',
    async run({ a, b }) {
      const host = b.core.memoryHost();
      let respond = (): void => undefined;
      const waits = new Promise<void>((resolve) => {
        respond = resolve;
      });
      const model = scriptModel(respondText('Done.'));
      const agent = new a.core.Agent({
        model: {
          ...model,
          async send(request, context) {
            await waits;
            void context?.onDelta?.({ type: 'text', delta: 'Done.' });
            return model.send(request, context);
          },
        },
      });
      const run = agent.run('Go.', { host: host, runId: 'r' });
      await new Promise<void>((resolve) => {
        run.on('run.started', () => resolve());
      });
      const events = host.followRun('r', { live: true })[Symbol.asyncIterator]();
      const heard: string[] = [];
      const first = events.next();
      await new Promise((resolve) => setImmediate(resolve)); // The follower is added in the meantime.
      respond();
      for (let next = await first; next.done !== true; next = await events.next()) {
        heard.push('liveEvent' in next.value ? next.value.liveEvent.type : next.value.event.type);
      }
      await run.outcome();
      return heard.includes('text.delta');
    },
    expected: true,
  },
  {
    name: 'a conversation of the other copy works, and its conflict is recognized',
    async run({ a, b }) {
      const chat = b.core.conversation({ id: 'c', store: b.core.memoryConversations(), onConflict: 'fail' });
      const agent = createCallingAgent(a, {
        tools: [createWorkTool(b, () => chat.append([{ role: 'user', content: 'Meanwhile.' }]))],
        model: scriptModel(respondText('One.'), respondCall(), respondText('Two.')),
      });
      await agent.run('Go.', { conversation: chat });
      const before = (await chat.getMessages()).length;
      const error = await catchError(() => agent.run('On.', { conversation: chat }).outcome());
      const { ConversationError, HostError } = b.core;
      return [before, ConversationError.isInstance(error), HostError.isInstance(error)];
    },
    expected: [2, true, true],
  },
];
