import { Agent, type ChatModel, ConfigError, memoryHost, tool } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import type { MiddlewareScope } from '@pawl/core/middleware';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'seen' });

function listResults({ messages }: { readonly messages: ChatRequest['messages'] }): readonly unknown[] {
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
}

interface Desk {
  readonly user: string;
}

describe('the prompt of an agent as a tool', () => {
  test('gets the context and the conversation before the call', async () => {
    const inside = scriptedModel([respond.text('Noted.')]);
    const scopes: unknown[] = [];
    const noteTaker = new Agent({ name: 'noter', model: inside }).asTool({
      name: 'note',
      description: 'Notes.',
      input: z.object({ topic: z.string() }),
      async prompt(
        { topic },
        { context, messages }: { readonly context: Desk; readonly messages: readonly unknown[] },
      ) {
        scopes.push(messages);
        return `${topic} for ${context.user}`;
      },
    });
    const model = scriptedModel([respond.call('look'), respond.call('note', { topic: 'Tea' }), respond.text('Done.')]);
    const outcome = await new Agent({ model, tools: [look, noteTaker] }).run('Go.', { context: { user: 'Ada' } });
    expect(inside.requests.map(({ messages }) => messages)).toEqual([[{ role: 'user', content: 'Tea for Ada' }]]);
    expect(scopes).toEqual([outcome.messages.slice(0, 3)]);
  });

  test('is recorded when the nested run begins', async () => {
    const host = memoryHost();
    let count = 0;
    const inside = scriptedModel([respond.call('ask'), respond.text('Done.')]);
    const ask = tool({ name: 'ask', description: 'Asks.', input: z.object({}) });
    const inner = new Agent({ name: 'inner', model: inside, tools: [ask] }).asTool({
      name: 'help',
      description: 'Helps.',
      prompt: () => `Prompt ${++count}`,
    });
    const agent = new Agent({
      model: scriptedModel([respond.call('help', { prompt: '' }), respond.text('Done.')]),
      tools: [inner],
    });
    const paused = await agent.run('Go.', { host, runId: 'run' }).outcome();
    const [{ id, fingerprint } = { id: '', fingerprint: '' }] = paused.status === 'suspended' ? paused.pending : [];
    await host.answer('run', id, { type: 'result', fingerprint, value: 'Yes.' });
    expect(await agent.resume('run', { host }).outcome()).toMatchObject({ status: 'completed' });
    expect(inside.requests.map(({ messages }) => messages[0]?.content)).toEqual(['Prompt 1', 'Prompt 1']);
    expect(count).toBe(1);
  });

  test.each([
    [
      'prompt',
      () => {
        throw new Error('No topic.');
      },
      'It failed: No topic.',
    ],
    ['context', () => Promise.reject(new Error('No desk.')), 'It failed: No desk.'],
  ])('tells the calling model if the %s fails', async (option, fail, expected) => {
    const inner = new Agent({ name: 'inner', model: scriptedModel([]) });
    const help = inner.asTool({ name: 'help', description: 'Helps.', [option]: fail });
    const model = scriptedModel([respond.call('help', { prompt: 'x' }), respond.text('Done.')]);
    const outcome = await new Agent({ model, tools: [help] }).run('Go.').outcome();
    expect(listResults(outcome)).toEqual([`The agent "help" returned no answer. ${expected}`]);
  });
});

test('runs with a context of its own, which tools and instructions get', async () => {
  const seen: unknown[] = [];
  const read = tool({
    name: 'read',
    description: 'Reads.',
    input: z.object({}),
    execute: (_, { context }: { readonly context: { readonly shelf: string } }) => seen.push(context.shelf),
  });
  const inside = scriptedModel([respond.call('read'), respond.text('Read.')]);
  const librarian = new Agent({
    name: 'librarian',
    model: inside,
    tools: [read],
    instructions: ({ shelf }: { readonly shelf: string }) => `Shelf ${shelf}.`,
  });
  const ask = librarian.asTool({
    name: 'ask',
    description: 'Asks.',
    input: z.object({ letter: z.string() }),
    context: async ({ user }: Desk, { letter }) => ({ shelf: `${user}-${letter}` }),
  });
  const model = scriptedModel([respond.call('ask', { letter: 'B' }), respond.text('Done.')]);
  await new Agent({ model, tools: [ask] }).run('Go.', { context: { user: 'Ada' } });
  expect(inside.requests[0]?.messages[0]).toEqual({ role: 'system', content: 'Shelf Ada-B.' });
  expect(seen).toEqual(['Ada-B']);
});

describe('extractOutput', () => {
  const output = z.object({ celsius: z.number().transform((degrees) => degrees + 273) });

  test('makes the output of the tool from the outcome with the parsed output', async () => {
    const inner = new Agent({ name: 'inner', model: scriptedModel([respond.text('{"celsius":7}')]), output });
    const weather = inner.asTool({
      name: 'weather',
      description: 'Tells the weather.',
      input: z.object({ city: z.string() }),
      extractOutput: async ({ output: { celsius }, turnCount }, { input, context, messages }) =>
        `${input.city}: ${celsius} K, ${turnCount} turn, ${context}, ${messages.length} message`,
    });
    const model = scriptedModel([respond.call('weather', { city: 'Oslo' }), respond.text('Done.')]);
    const outcome = await new Agent({ model, tools: [weather] }).run('Go.', { context: 'ctx' } as never).outcome();
    expect(listResults(outcome)).toEqual(['Oslo: 280 K, 1 turn, ctx, 1 message']);
  });

  test('tells the calling model what it throws, and counts the usage', async () => {
    const inner = new Agent({ name: 'inner', model: scriptedModel([respond.text('Hm.')]) });
    const help = inner.asTool({
      name: 'help',
      description: 'Helps.',
      extractOutput() {
        throw new Error('Nothing in it.');
      },
    });
    const model = scriptedModel([respond.call('help', { prompt: 'x' }), respond.text('Done.')]);
    const outcome = await new Agent({ model, tools: [help] }).run('Go.').outcome();
    expect(listResults(outcome)).toEqual(['{"error":"Nothing in it."}']);
    expect(outcome.usage.requests).toBe(3);
  });
});

describe('when', () => {
  const listTools = (request: ChatRequest): readonly unknown[] =>
    (request.tools ?? []).map((each) => ('function' in each ? each.function.name : each.custom.name));

  test('leaves a tool, an agent or a handoff out of a turn', async () => {
    const model = scriptedModel([respond.call('look'), respond.call('look'), respond.text('Done.')]);
    const helper = new Agent({ name: 'helper', model });
    const vip = new Agent({ name: 'vip', model });
    const late = tool({
      name: 'late',
      description: 'Comes late.',
      input: z.object({}),
      when: async (_, { turn, messages }) => turn === 3 && messages.length === 5,
      execute: () => 'late',
    });
    const help = helper.asTool({
      name: 'help',
      description: 'Helps.',
      when: ({ user }: Desk, { turn }) => user === 'Ada' && turn > 1,
    });
    const agent = new Agent({
      model,
      tools: [look, late, help],
      handoffs: [vip.asHandoff({ when: ({ user }: Desk) => user === 'Bob' })],
    });
    await agent.run('Go.', { context: { user: 'Ada' } });
    expect(model.requests.map(listTools)).toEqual([['look'], ['look', 'help'], ['look', 'late', 'help']]);
  });

  test('answers a call of a tool that the turn does not have', async () => {
    const hidden = tool({
      name: 'hidden',
      description: 'Hides.',
      input: z.object({}),
      when: () => false,
      execute: () => 'found',
    });
    const model = scriptedModel([respond.call('hidden'), respond.text('Done.')]);
    const outcome = await new Agent({ model, tools: [look, hidden] }).run('Go.').outcome();
    expect(listResults(outcome)).toEqual(['There is no tool "hidden". The tools are: look.']);
  });

  test.each([
    [() => Promise.reject(new Error('No list.')), 'No list.'],
    [() => 'yes', 'Tool "look": when returned the text "yes". Return true or false.'],
  ])('fails the run if it throws or returns no boolean', async (when, message) => {
    const agent = new Agent({ model: scriptedModel([]), tools: [{ ...look, when: when as never }] });
    expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'failed', error: { message } });
  });
});

describe('a handoff with an input', () => {
  const order = z.object({ order: z.number() });
  const script = (): readonly ScriptedModelResponse[] => [
    respond.call('transfer_to_billing', { order: '7' }),
    respond.call('transfer_to_billing', { order: 7 }),
    respond.text('Paid.'),
  ];

  test('validates the input and passes it to the callback', async () => {
    const model = scriptedModel(script());
    const billing = new Agent({ name: 'billing', model });
    const calls: unknown[] = [];
    const handoff = billing.asHandoff({
      input: order,
      onHandoff: async (input, { context, toolCallId }) => {
        calls.push([input, context, toolCallId]);
      },
    });
    const outcome = await new Agent({ name: 'desk', model, handoffs: [handoff] })
      .run('Go.', { context: 'ctx' } as never)
      .outcome();
    expect(outcome).toMatchObject({ status: 'completed', agent: 'billing', output: 'Paid.' });
    expect(calls).toEqual([[{ order: 7 }, 'ctx', 'call_2']]);
    expect(listResults(outcome)).toEqual([
      expect.stringContaining('order: expected number'),
      'Handed over to billing.',
    ]);
  });

  test('keeps the conversation if the callback throws', async () => {
    const model = scriptedModel([respond.call('transfer_to_billing', { order: 7 }), respond.text('It is closed.')]);
    const handoff = new Agent({ name: 'billing', model }).asHandoff({
      input: order,
      onHandoff() {
        throw new Error('Closed.');
      },
    });
    const outcome = await new Agent({ name: 'desk', model, handoffs: [handoff] }).run('Go.').outcome();
    expect(outcome).toMatchObject({ agent: 'desk', output: 'It is closed.' });
    expect(listResults(outcome)).toEqual(['{"error":"Closed."}']);
  });
});

describe('agent.with({ models })', () => {
  test('replaces the models of agents as tools and of handoffs, also of agents that refer to each other', async () => {
    const real = scriptedModel([]);
    const asked: string[] = [];
    const helper = new Agent({ name: 'helper', model: real });
    const help = helper.asTool({ name: 'help', description: 'Helps.' });
    const desk: Agent<unknown, string> = new Agent<unknown, string>({
      name: 'desk',
      model: real,
      models: [real],
      tools: [help],
      handoffs: () => [billing],
    });
    const billing: Agent<unknown, string> = new Agent<unknown, string>({
      name: 'billing',
      model: real,
      tools: [help],
      handoffs: () => [desk],
    });
    const scripts: Readonly<Record<string, readonly ScriptedModelResponse[]>> = {
      desk: [respond.call('help', { prompt: 'Hm?' }), respond.call('transfer_to_billing'), respond.text('Bye.')],
      billing: [respond.call('help', { prompt: 'Well?' }), respond.call('transfer_to_desk')],
      helper: [respond.text('So.'), respond.text('So, so.')],
    };
    const models = new Map(Object.entries(scripts).map(([name, script]) => [name, scriptedModel(script)]));
    const tested = desk.with({
      models({ name, model }) {
        asked.push(name);
        return models.get(name) ?? model;
      },
    });
    expect(await tested.run('Go.')).toMatchObject({ output: 'Bye.', agent: 'desk', turnCount: 5 });
    for (const model of models.values()) model.assertDone();
    expect(asked).toEqual(['desk', 'desk', 'billing', 'helper']);
    expect(real.requests).toEqual([]);
  });

  test('replaces the models that middleware, validate and history filters ask, once each', async () => {
    const real = scriptedModel([], { name: 'real' });
    const [judge, summarizer] = [scriptedModel([], { name: 'judge' }), scriptedModel([], { name: 'summarizer' })];
    const ask = (model: ChatModel, scope: Pick<MiddlewareScope, 'callModel'>) =>
      scope.callModel(model, { messages: [{ role: 'user', content: 'Well?' }] });
    const billing = new Agent({ name: 'billing', model: real });
    const desk = new Agent({
      name: 'desk',
      model: real,
      middleware: [
        {
          prepareTurn: async (turn, scope) => {
            await ask(judge, scope);
            await ask(turn.model, scope);
            return turn;
          },
        },
      ],
      handoffs: [
        billing.asHandoff({
          inputFilter: async (messages, scope) => {
            await ask(summarizer, scope);
            return messages;
          },
        }),
      ],
    });
    const asked: string[] = [];
    const replies = scriptedModel(({ tools }) =>
      tools === undefined ? respond.text('Answered.') : respond.call('transfer_to_billing', {}),
    );
    const models = ({ name, model }: { readonly name: string; readonly model: ChatModel }): ChatModel => {
      asked.push(`${name} ${model.name}`);
      return { ...replies, name: model.name };
    };
    expect(await desk.with({ models }).run('Go.')).toMatchObject({ output: 'Answered.', agent: 'billing' });
    expect(asked).toEqual(['desk real', 'billing real', 'desk judge', 'desk summarizer']);
    const checked = new Agent({
      name: 'checked',
      model: real,
      validate: async (_, scope) => {
        await ask(judge, scope);
        return undefined;
      },
    });
    expect(await checked.with({ models }).run('Go.')).toMatchObject({ output: 'Answered.' });
    expect(asked.slice(4)).toEqual(['checked real', 'checked judge']);
    expect([...real.requests, ...judge.requests, ...summarizer.requests]).toEqual([]);
  });

  test('refuses what is not a model, and a function in a definition', async () => {
    const agent = new Agent({ name: 'desk', model: scriptedModel([]) });
    expect(() => agent.with({ tools: () => undefined as never })).toThrow(
      'tools returned undefined, which is not a list of tools',
    );
    expect(() => agent.with({ models: () => undefined as never })).toThrow(
      new ConfigError(
        'Agent "desk": models returned undefined, which is not a model. Return openai("…"), or an object with name and send.',
      ),
    );
    expect(() => new Agent({ model: scriptedModel([]), models: (() => scriptedModel([])) as never })).toThrow(
      'Agent "agent": models is a function. Only agent.with takes a function.',
    );
    expect(() => agent.with({ models: 'x' as never })).toThrow('models is the text "x". Pass a list.');
  });

  test('keeps replacing a list of models', async () => {
    const other = scriptedModel([]);
    const agent = new Agent({ model: scriptedModel([]), models: [other] });
    expect(() => agent.with({ models: [other] })).not.toThrow();
  });
});
