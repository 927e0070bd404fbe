import { Agent, conversation, type Host, jsonSchema, memoryConversations, type Outcome, tool } from '@pawl/core';
import type { ConversationStore } from '@pawl/core/host';
import { scriptedModel } from '../model/scripted-model.ts';
import { respond } from '../script/respond.ts';
import { expectEqual, expectFields } from './expect.ts';
import { FaultyHost } from './faulty-host.ts';
import type { CaseBody } from './kit.ts';

const PAYEE = jsonSchema<{ readonly to: string }>({
  type: 'object',
  properties: { to: { type: 'string' } },
  required: ['to'],
  additionalProperties: false,
});

interface Desk {
  readonly host: Host;
  readonly store: ConversationStore;
}

/** A desk that hands over to billing, which pays Ada in each run. */
function createDesk(): Agent {
  const pay = tool({
    name: 'pay',
    input: PAYEE,
    needsApproval: true,
    standingApproval: ({ to }) => ({ to }),
    effect: 'idempotent',
    execute: ({ to }) => `Paid ${to}.`,
  });
  const billing = new Agent({
    name: 'billing',
    tools: [pay],
    model: scriptedModel(({ messages }) =>
      messages.at(-1)?.content === 'Paid Ada.' ? respond.text('Done.') : respond.call('pay', { to: 'Ada' }),
    ),
  });
  const model = scriptedModel(() => respond.call('transfer_to_billing', {}));
  return new Agent({ name: 'desk', model, handoffs: [billing] });
}

/** Begins a run of the conversation, or resumes it, with other objects each time. */
async function attempt(
  runId: string,
  { host, store, resumes }: Desk & { readonly resumes: boolean },
): Promise<Outcome> {
  const chat = conversation({ id: 'chat', store, startingAgent: 'last' });
  const options = { host, conversation: chat };
  const run = resumes ? createDesk().resume(runId, options) : createDesk().run('Pay.', { ...options, runId });
  return run.outcome();
}

/** Runs the conversation: the first run hands over, and its call is approved for good. */
async function approveAlways(desk: Desk): Promise<void> {
  const outcome = await attempt('first', { ...desk, resumes: false });
  for (const { id, fingerprint } of outcome.status === 'suspended' ? outcome.pending : [])
    await desk.host.answer('first', id, { type: 'approve', fingerprint, always: true });
  expectFields(await attempt('first', { ...desk, resumes: true }), { status: 'completed' }, 'The first run completes.');
}

export const conversationCases: Readonly<Record<string, CaseBody>> = {
  'continues a conversation with its last agent and its standing approvals when the process dies within any step':
    async ({ host }) => {
      const store = memoryConversations();
      await approveAlways({ host, store });
      const stored = await store.load('chat');
      const covers = stored?.details?.standingApprovals?.map((approval) => approval.covers);
      expectEqual([stored?.details?.lastAgent, covers], ['billing', [{ to: 'Ada' }]], 'The conversation has both.');
      for (let at = 1; ; at++) {
        const runId = `killed within step ${at}`;
        const fragile = new FaultyHost(host, { at, moment: 'within' });
        const killed = await attempt(runId, { host: fragile, store, resumes: false }).catch(() => undefined);
        const outcome = killed ?? (await attempt(runId, { host, store, resumes: true }));
        expectFields(outcome, { status: 'completed', agent: 'billing', output: 'Done.' }, 'Nobody is asked again.');
        const { events } = await host.getRun(runId);
        const types = events.map(({ event }) => event.type);
        expectEqual(types.slice(0, 4), TYPES, 'The run begins with the last agent, and its call is covered.');
        if (!fragile.hasDied) return;
      }
    },
};

const TYPES = ['run.started', 'handoff.completed', 'model.responded', 'approval.not_required'];
