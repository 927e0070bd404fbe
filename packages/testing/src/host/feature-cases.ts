import { Agent, type Host, jsonSchema, type Outcome, tool } from '@pawl/core';
import type { UsageShare } from '@pawl/core/events';
import { outputGuard } from '@pawl/core/middleware';
import { scriptedModel } from '../model/scripted-model.ts';
import { respond } from '../script/respond.ts';
import { expectEqual } from './expect.ts';
import { FaultyHost } from './faulty-host.ts';
import type { CaseBody } from './kit.ts';

const FACT = jsonSchema<{ readonly fact: string }>({
  type: 'object',
  properties: { fact: { type: 'string' } },
  required: ['fact'],
  additionalProperties: false,
});

const FACTS = jsonSchema<{ readonly facts: readonly string[] }>(
  { type: 'object', properties: { facts: { type: 'array', items: { type: 'string' } } } },
  { validate: (value) => ({ value: { facts: [], ...(value as object) } }) },
);

/** Has a state that parallel calls change, an agent as a tool and a handoff with their options, instructions of each turn, `validate` and a guard over the text. */
function createClerk(): Agent {
  const note = tool({
    name: 'note',
    input: FACT,
    effect: 'idempotent',
    execute: async ({ fact }, { state }) => {
      await state.update((before: { readonly facts: readonly string[] }) => ({ facts: [...before.facts, fact] }));
      return 'Noted.';
    },
  });
  const scout = new Agent({
    name: 'scout',
    model: scriptedModel(({ messages }) => respond.text(`Saw ${String(messages.at(-1)?.content)}`)),
  });
  const look = scout.asTool({
    name: 'look',
    input: FACT,
    prompt: ({ fact }, { messages }) => `${fact} after ${messages.length}`,
    extractOutput: ({ text }, { input }) => `${input.fact}: ${text}`,
  });
  const drafts = ['draft', 'The whole answer.'];
  const writer = new Agent({
    name: 'writer',
    instructions: { eachTurn: (_, { turn, state }) => `Turn ${turn}: ${JSON.stringify(state)}` },
    model: scriptedModel(({ messages }) => {
      const written = messages.filter(({ role, content }) => role === 'assistant' && drafts.includes(String(content)));
      return respond.text(drafts[written.length] ?? 'Too much.');
    }),
    middleware: [outputGuard({ name: 'polite', every: 4, check: () => ({ type: 'allow' }) })],
    validate: (text) => (text === 'draft' ? 'Write the whole answer.' : undefined),
  });
  const calls = [
    { name: 'note', arguments: { fact: 'A' } },
    { name: 'look', arguments: { fact: 'B' } },
    { name: 'note', arguments: { fact: 'C' } },
  ];
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool')
      ? respond.call('transfer_to_writer', { fact: 'D' })
      : respond.calls(calls),
  );
  const handoff = writer.asHandoff({ input: FACT, onHandoff: () => undefined });
  return new Agent({
    name: 'clerk',
    model,
    state: FACTS,
    stateRules: { facts: 'append' },
    tools: [note, look],
    handoffs: [handoff],
  });
}

/** What does not depend on how long the run took. */
function listFacts(outcome: Outcome): readonly unknown[] {
  const { status, agent, messages, state, usage, usageBy, turnCount, toolCallCount } = outcome;
  return [status, agent, messages, state, usage, usageBy.map(withoutTime), turnCount, toolCallCount];
}

function withoutTime({ durationMs: _, inside, ...share }: UsageShare): unknown {
  return { ...share, inside: inside?.map(withoutTime) };
}

async function runToEnd(
  host: Host,
  { runId, resumeOn }: { readonly runId: string; readonly resumeOn: Host },
): Promise<Outcome> {
  const first = await createClerk()
    .run('Go.', { host, runId, stream: true })
    .outcome()
    .catch(() => undefined);
  return first ?? createClerk().resume(runId, { host: resumeOn, stream: true }).outcome();
}

export const featureCases: Readonly<Record<string, CaseBody>> = {
  'keeps state, turns, handoff, checks and accounting when the process dies within any step': async ({ host }) => {
    const undisturbed = await runToEnd(host, { runId: 'undisturbed', resumeOn: host });
    expectEqual(undisturbed.state, { facts: ['A', 'C'] }, 'The state has the changes of parallel calls.');
    expectEqual(
      [undisturbed.status, undisturbed.agent],
      ['completed', 'writer'],
      'The run completes after the handoff.',
    );
    for (let at = 1; ; at++) {
      const fragile = new FaultyHost(host, { at, moment: 'within' });
      const runId = `killed ${at}`;
      const outcome = await runToEnd(fragile, { runId, resumeOn: host });
      expectEqual(
        listFacts(outcome),
        listFacts(undisturbed),
        `The outcome is that of an undisturbed run, if step ${at} is killed.`,
      );
      if (!fragile.hasDied) return;
    }
  },
};
