import {
  Agent,
  type AgentOptions,
  ConfigError,
  type Outcome,
  type StopState,
  type ToolContext,
  tool,
} from '@pawl/core';
import { inputGuard, lastMessages } from '@pawl/core/middleware';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

const ticket = z.object({
  topic: z.string().optional(),
  notes: z.array(z.string()).default([]),
  total: z.number().default(0),
});
type Ticket = z.infer<typeof ticket>;

const note = tool({
  name: 'note',
  description: 'Notes.',
  input: z.object({ text: z.string() }),
  async execute({ text }, { state }: ToolContext<unknown, Ticket>) {
    const before = state.value.notes.length;
    await state.update(({ notes, total }) => ({ notes: [...notes, text], total: total + 1 }));
    return `${before} ${state.value.notes.length}`;
  },
});
const topic = tool({
  name: 'topic',
  description: 'Sets the topic.',
  input: z.object({ text: z.string().nullable() }),
  async execute({ text }, { state }: ToolContext<unknown, Ticket>) {
    void state.update({ topic: 'unset' }); // The call waits for both.
    void state.update({ topic: text ?? undefined });
    return 'ok';
  },
});
const tools = [note, topic];
const stateRules = { notes: 'append', total: 'add' } as const;

function create(script: readonly ScriptedModelResponse[], options: Partial<AgentOptions<unknown, string>> = {}) {
  const model = scriptedModel(script);
  const agent = new Agent({ name: 'desk', model, tools, state: ticket, stateRules, ...options });
  return { agent, model };
}

function listResults({ messages }: Outcome): readonly unknown[] {
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
}

const take = (text: string) => ({ name: 'note', arguments: { text } });
const setTopic = (text: string | null) => ({ name: 'topic', arguments: { text } });

describe('the state of a run', () => {
  test('begins with what the schema makes of an empty object, is changed by tools, and is in the outcome', async () => {
    const { agent } = create([
      respond.calls([take('a')]),
      respond.calls([take('b'), setTopic('tea')]),
      respond.text('Done.'),
    ]);
    const outcome = await agent.run('Go.').outcome();
    expect(outcome.state).toEqual({ notes: ['a', 'b'], total: 2, topic: 'tea' });
    expect(listResults(outcome)).toEqual(['0 1', '1 2', 'ok']);
  });

  test('is merged from parallel calls, which do not see each other', async () => {
    const { agent } = create([respond.calls([take('a'), take('b'), take('c')]), respond.text('Done.')]);
    const outcome = await agent.run('Go.', { state: { notes: ['x'], total: 10 } }).outcome();
    expect(outcome.state).toEqual({ notes: ['x', 'a', 'b', 'c'], total: 13 });
    expect(listResults(outcome)).toEqual(['1 2', '1 2', '1 2']);
  });

  test('keeps the first of two changes without a rule, and the model reads of the other', async () => {
    const { agent } = create([
      respond.calls([setTopic('tea'), setTopic('coffee')]),
      respond.calls([setTopic(null)]),
      respond.text('Done.'),
    ]);
    const run = agent.run('Go.');
    const states: unknown[] = [];
    run.on('tool.finished', ({ stateChange }) => states.push(stateChange?.operations));
    const outcome = await run.outcome();
    expect(listResults(outcome)).toEqual([
      'ok',
      'ok\nIts changes of the state were not kept: another call of the same turn changed topic. Call it again if they are still needed.',
      'ok',
    ]);
    expect(outcome.state).toEqual({ notes: [], total: 0 });
    expect(states).toEqual([
      [{ type: 'set', field: 'topic', value: 'tea' }],
      [{ type: 'set', field: 'topic', value: 'coffee' }],
      [{ type: 'remove', field: 'topic' }],
    ]);
  });

  test('does not change if the call fails, or if the state would be invalid', async () => {
    const wrong = tool({
      name: 'wrong',
      description: 'Is wrong.',
      input: z.object({ how: z.string() }),
      async execute({ how }, { state }) {
        if (how === 'throws') {
          await state.update({ total: 7 });
          throw new Error('Broken.');
        }
        void state.update(how === 'date' ? { when: new Date(0) } : { total: how });
        return 'fine';
      },
    });
    const calls = ['throws', 'many', 'date'].map((how) => ({ name: 'wrong', arguments: { how } }));
    const { agent } = create([respond.calls(calls), respond.text('Done.')], {
      tools: [wrong],
      state: z.looseObject({ total: z.number().default(0) }),
    });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome.state).toEqual({ total: 0 });
    expect(listResults(outcome)).toEqual([
      '{"error":"Broken."}',
      expect.stringContaining('The state of agent \\"desk\\" would be invalid: total'),
      expect.stringContaining('state.when is a Date'),
    ]);
  });

  test('is read by instructions, when, needsApproval, guards and stop conditions', async () => {
    const seen: Record<string, unknown> = {};
    const see = <T>(name: string, state: unknown, result: T): T => {
      seen[name] = (state as Ticket).total;
      return result;
    };
    const checked = tool({
      name: 'checked',
      description: 'Is checked.',
      input: z.object({}),
      when: (_, { state }) => see('when', state, true),
      needsApproval: (_, { state }) => see('needsApproval', state.value, false),
      execute: (_, { state }: ToolContext<unknown, Ticket>) => state.value.total,
    });
    const { agent } = create([respond.calls([take('a')]), respond.call('checked'), respond.text('Never.')], {
      tools: [note, checked],
      instructions: { eachTurn: (_, { state }) => see('instructions', state, 'Be brief.') },
      stopWhen: (run: StopState) => see('stopWhen', run.state, run.turn === 2),
      middleware: [
        inputGuard({ name: 'in', mode: 'blocking', check: (_, { state }) => see('guard', state, { type: 'allow' }) }),
      ],
    });
    await agent.run('Go.', { state: { total: 4 } }).outcome();
    expect(seen).toEqual({ instructions: 5, when: 5, needsApproval: 5, guard: 4, stopWhen: 5 });
  });

  test('cannot be changed by an approval, and not without a schema', async () => {
    const errors: unknown[] = [];
    const meddling = tool({
      name: 'meddling',
      description: 'Meddles.',
      input: z.object({}),
      needsApproval: (_, { state }) =>
        state.update({ total: 1 }).then(
          () => false,
          (error: unknown) => {
            errors.push(String(error));
            return false;
          },
        ),
      execute: (_, { state }) => state.update({ total: 1 }),
    });
    const script = [respond.call('meddling'), respond.text('Done.')];
    const outcome = await new Agent({ model: scriptedModel(script), tools: [meddling] }).run('Go.').outcome();
    expect(errors).toEqual(['ConfigError: The state can be changed only while a tool executes.']);
    expect(listResults(outcome)).toEqual([expect.stringContaining('The agent has no state to update.')]);
    expect(outcome).not.toHaveProperty('state');
  });

  test('of an agent as a tool is its own', async () => {
    const inner = create([respond.calls([take('inner')]), respond.text('Noted.')]);
    const help = inner.agent.asTool({
      name: 'help',
      description: 'Helps.',
      extractOutput: ({ state }) => JSON.stringify(state),
    });
    const { agent } = create(
      [respond.calls([take('a'), { name: 'help', arguments: { prompt: 'x' } }]), respond.text('Done.')],
      {
        tools: [note, help],
      },
    );
    const outcome = await agent.run('Go.').outcome();
    expect(outcome.state).toEqual({ notes: ['a'], total: 1 });
    expect(listResults(outcome)).toEqual(['0 1', '{"notes":["inner"],"total":1}']);
  });

  test('goes over with the conversation, and gets what the next schema adds', async () => {
    const model = scriptedModel([
      respond.calls([take('a')]),
      respond.call('transfer_to_billing'),
      respond.call('pay'),
      respond.text('Paid.'),
    ]);
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      input: z.object({}),
      execute: (_, { state }) => state.update(({ paid }) => ({ paid: paid + 5 })),
    });
    const seen: unknown[] = [];
    const billing = new Agent({
      name: 'billing',
      model,
      tools: [pay],
      state: z.object({ paid: z.number().default(1) }),
      instructions: { eachTurn: (_, { state }) => `Bill ${seen.push(state)}.` },
    });
    const filter = lastMessages(2);
    const views: unknown[] = [];
    const handoff = billing.asHandoff({
      inputFilter(messages, scope) {
        views.push(scope.state);
        return filter(messages, scope);
      },
    });
    const agent = new Agent({ name: 'desk', model, tools, state: ticket, stateRules, handoffs: [handoff] });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome.state).toEqual({ notes: ['a'], total: 1, paid: 6 });
    expect(views).toEqual([{ notes: ['a'], total: 1 }]);
    expect(seen).toEqual([
      { notes: ['a'], total: 1, paid: 1 },
      { notes: ['a'], total: 1, paid: 6 },
    ]);
  });

  test.each<readonly [string, Partial<AgentOptions<unknown, string>>, string]>([
    ['a schema that is none', { state: {} as never }, 'state'],
    [
      'an unknown rule',
      { stateRules: { notes: 'merge' } as never },
      'stateRules.notes is the text "merge". Pass "append", "add" or "last".',
    ],
    ['rules without a state', { state: undefined }, 'has stateRules, but no state.'],
  ])('is refused with %s', (_, options, message) => {
    expect(() => create([], options)).toThrow(ConfigError);
    expect(() => create([], options)).toThrow(message);
  });

  test('of a run is refused if the agent has none, and fails the run if it is invalid', async () => {
    expect(() => new Agent({ model: scriptedModel([]) }).run('Go.', { state: {} })).toThrow(
      'Agent "agent" has no state, but the run got one.',
    );
    const outcome = await create([])
      .agent.run('Go.', { state: { total: 'x' } })
      .outcome();
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'state.invalid' } });
  });
});

describe.each(hosts)('on $name', ({ open }) => {
  test('the state survives suspension, another process, the queue and forks', async () => {
    const host = await open();
    const ask = tool({ name: 'ask', description: 'Asks.', input: z.object({}) });
    const script = ({
      messages,
    }: {
      readonly messages: readonly { readonly role: string }[];
    }): ScriptedModelResponse => {
      const count = messages.filter(({ role }) => role === 'assistant').length;
      if (count === 0) return respond.calls([take('a'), { name: 'ask', arguments: {} }]);
      return count === 1 ? respond.calls([take('b')]) : respond.text('Done.');
    };
    const createAgent = () =>
      new Agent({ name: 'desk', model: scriptedModel(script), tools: [...tools, ask], state: ticket, stateRules });
    const runId = await host.enqueue('desk', 'Go.', { state: { total: 7 } });
    const paused = await createAgent().resume(runId, { host }).outcome();
    expect(paused).toMatchObject({ status: 'suspended', state: { notes: ['a'], total: 8 } });
    const [{ id, fingerprint } = { id: '', fingerprint: '' }] = paused.status === 'suspended' ? paused.pending : [];
    await host.answer(runId, id, { type: 'result', fingerprint, value: 'Yes.' });
    const outcome = await createAgent().resume(runId, { host }).outcome();
    expect(outcome).toMatchObject({ status: 'completed', state: { notes: ['a', 'b'], total: 9 } });
    const again = await host.fork(runId, { before: 'tool:2.0:note' });
    expect(await createAgent().resume(again, { host }).outcome()).toMatchObject({
      state: { notes: ['a', 'b'], total: 9 },
    });
    const other = await host.fork(runId, { before: 'model:2', input: 'Go on.' });
    expect(await createAgent().resume(other, { host }).outcome()).toMatchObject({
      state: { notes: ['a', 'b'], total: 9 },
    });
  });
});
