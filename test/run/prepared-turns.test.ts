import { Agent, type AgentOptions, ConfigError, memoryHost, tool } from '@pawl/core';
import type { Middleware, TurnPlan } from '@pawl/core/middleware';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'seen' });
const twice = (): readonly ScriptedModelResponse[] => [respond.call('look'), respond.text('Done.')];

function record(seen: unknown[], value: unknown): object {
  seen.push(value);
  return {};
}

function prepare(change: (plan: TurnPlan) => Partial<TurnPlan>): Middleware {
  return { prepareTurn: (plan) => ({ ...plan, ...change(plan) }) };
}

describe('prepareTurn', () => {
  test('changes request fields and instructions for its turn only, and sees those of agent and run', async () => {
    const seen: unknown[] = [];
    const model = scriptedModel(twice());
    const middleware = prepare(({ turn, modelSettings, instructions }) => {
      seen.push([modelSettings, instructions]);
      return turn === 1 ? { modelSettings: { ...modelSettings, temperature: 1 }, instructions: 'Look first.' } : {};
    });
    const agent = new Agent({
      model,
      tools: [look],
      instructions: 'Be brief.',
      modelSettings: { temperature: 0 },
      middleware: [middleware],
    });
    await agent.run('Go.', { modelSettings: { seed: 7 } });
    expect(seen).toEqual([
      [{ temperature: 0, seed: 7 }, 'Be brief.'],
      [{ temperature: 0, seed: 7 }, 'Be brief.'],
    ]);
    expect(model.requests).toMatchObject([
      { temperature: 1, seed: 7, messages: [{ role: 'system', content: 'Look first.' }, { role: 'user' }] },
      { temperature: 0, seed: 7, messages: [{ role: 'system', content: 'Be brief.' }, {}, {}, {}] },
    ]);
  });

  test('removes a request field and the instructions of a turn', async () => {
    const model = scriptedModel([respond.text('Done.')]);
    const middleware = prepare(() => ({ modelSettings: {}, instructions: ' ' }));
    const options = { model, instructions: 'Be brief.', modelSettings: { temperature: 0 }, middleware: [middleware] };
    await new Agent(options).run('Go.');
    expect(model.requests).toEqual([{ messages: [{ role: 'user', content: 'Go.' }] }]);
  });

  test('records the changes without the output format, which the agent has', async () => {
    const host = memoryHost();
    const model = scriptedModel([respond.text('{"city":"Oslo"}')]);
    const middleware = prepare(({ modelSettings }) => ({ modelSettings: { ...modelSettings, temperature: 1 } }));
    const output = z.object({ city: z.string() });
    await new Agent({ model, output, middleware: [middleware] }).run('Go.', { host, runId: 'run' });
    const { events } = await host.getRun('run');
    const prepared = events.find(({ event }) => event.type === 'turn.prepared');
    expect(prepared?.event).toMatchObject({ modelSettings: { temperature: 1 } });
    expect(prepared?.event).not.toHaveProperty('modelSettings.response_format');
    expect(model.requests).toMatchObject([{ temperature: 1, response_format: { type: 'json_schema' } }]);
  });

  test.each<readonly [string, Partial<TurnPlan>, string]>([
    [
      'an unknown request field',
      { modelSettings: { temprature: 1 } as never },
      'prepareTurn, modelSettings: there is no option "temprature". Did you mean "temperature"?',
    ],
    ['two choices', { modelSettings: { n: 2 } }, 'prepareTurn, modelSettings.n is 2, but a run uses one choice.'],
    [
      'a value that is not JSON',
      { modelSettings: { metadata: { at: new Date(0) } as never } },
      'prepareTurn: modelSettings.metadata.at is a Date',
    ],
    [
      'instructions that are not a text',
      { instructions: 7 as never },
      'prepareTurn returned instructions of type number.',
    ],
  ])('fails the run for %s', async (_, change, message) => {
    const model = scriptedModel([]);
    const outcome = await new Agent({ model, middleware: [prepare(() => change)] }).run('Go.').outcome();
    expect(outcome).toMatchObject({ status: 'failed', error: { name: 'ConfigError' } });
    expect(outcome.status === 'failed' && outcome.error.message).toContain(message);
  });
});

describe('instructions of each turn', () => {
  interface Desk {
    readonly user: string;
  }

  test('are asked before each turn, with the context and the messages', async () => {
    const model = scriptedModel(twice());
    const agent = new Agent({
      model,
      tools: [look],
      instructions: {
        eachTurn: async ({ user }: Desk, { turn, messages }) => `${user}, turn ${turn}, ${messages.length} messages.`,
      },
    });
    await agent.run('Go.', { context: { user: 'Ada' } });
    expect(model.requests.map(({ messages }) => messages[0])).toEqual([
      { role: 'system', content: 'Ada, turn 1, 1 messages.' },
      { role: 'system', content: 'Ada, turn 2, 3 messages.' },
    ]);
  });

  test('are seen by middleware, and are those of the agent that took over the conversation', async () => {
    const model = scriptedModel([respond.call('transfer_to_billing'), respond.text('Paid.')]);
    const seen: unknown[] = [];
    const billing = new Agent({
      name: 'billing',
      model,
      instructions: { eachTurn: (_, { turn }) => `Bill ${turn}.` },
      middleware: [prepare(({ instructions }) => record(seen, instructions))],
    });
    await new Agent({ name: 'desk', model, instructions: 'Route.', handoffs: [billing] }).run('Go.');
    expect(model.requests.map(({ messages }) => messages[0]?.content)).toEqual(['Route.', 'Bill 2.']);
    expect(seen).toEqual(['Bill 2.']);
  });

  test('fail the run if the function throws or returns no text', async () => {
    const model = scriptedModel([]);
    const throwing = (): never => {
      throw new Error('No desk.');
    };
    const failed = new Agent({ model, instructions: { eachTurn: throwing } }).run('Go.').outcome();
    expect(await failed).toMatchObject({ status: 'failed', error: { message: 'No desk.' } });
    const wrong = new Agent({ model, instructions: { eachTurn: () => 7 as never } }).run('Go.').outcome();
    expect(await wrong).toMatchObject({
      status: 'failed',
      error: { message: 'instructions.eachTurn returned 7. Return a string.' },
    });
  });

  test('may be none', async () => {
    const model = scriptedModel([respond.text('Done.')]);
    await new Agent({ model, instructions: { eachTurn: () => undefined as never } }).run('Go.');
    expect(model.requests[0]?.messages).toEqual([{ role: 'user', content: 'Go.' }]);
  });

  test.each<readonly [unknown, string]>([
    [{ everyTurn: () => '' }, 'there is no option "everyTurn". Did you mean "eachTurn"?'],
    [
      { eachTurn: 'Be brief.' },
      'instructions.eachTurn is the text "Be brief.". Pass { eachTurn: (context, turn) => "…" }.',
    ],
    [{}, 'instructions.eachTurn is undefined.'],
  ])('are refused as %j', (instructions, message) => {
    const create = (): unknown => new Agent({ model: scriptedModel([]), instructions: instructions as never });
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(message);
  });
});

describe('a tool choice for the first call', () => {
  const run = async (
    responses: readonly ScriptedModelResponse[],
    options: Partial<AgentOptions<unknown, string>> = {},
  ): Promise<readonly unknown[]> => {
    const model = scriptedModel(responses);
    await new Agent({ model, tools: [look], toolChoice: { first: 'required' }, ...options }).run('Go.');
    return model.requests.map(({ tool_choice: choice }) => choice);
  };

  test('applies until the agent has called a tool', async () => {
    expect(await run([respond.call('look'), respond.call('look'), respond.text('Done.')])).toEqual([
      'required',
      undefined,
      undefined,
    ]);
  });

  test('still applies when the model is asked again', async () => {
    expect(await run([respond.empty(), ...twice()])).toEqual(['required', 'required', undefined]);
  });

  test('applies anew to an agent that takes over the conversation', async () => {
    const model = scriptedModel([respond.call('transfer_to_other'), ...twice()]);
    const options = { model, tools: [look], toolChoice: { first: 'required' } } as const;
    const other = new Agent({ ...options, name: 'other' });
    await new Agent({ ...options, name: 'desk', handoffs: [other] }).run('Go.');
    expect(model.requests.map(({ tool_choice: choice }) => choice)).toEqual(['required', 'required', undefined]);
  });

  test('may be one tool, and is what prepareTurn sees', async () => {
    const choice = { type: 'function', function: { name: 'look' } } as const;
    const seen: unknown[] = [];
    const middleware = [prepare(({ toolChoice }) => record(seen, toolChoice))];
    expect(await run(twice(), { toolChoice: { first: choice }, middleware })).toEqual([choice, undefined]);
    expect(seen).toEqual([choice, undefined]);
  });

  test.each<readonly [unknown, string]>([
    [{ first: 'always' }, 'toolChoice.first is "always". Use "none", "auto"'],
    [{ first: undefined }, 'toolChoice.first is undefined. Use "none"'],
    [{ first: { first: 'auto' } }, 'toolChoice.first is {"first":"auto"}'],
    [
      { first: { type: 'function', function: { name: 'fly' } } },
      'toolChoice.first names "fly", which is none of its tools',
    ],
    [{ first: 'required', next: 'auto' }, 'toolChoice has an unknown field "next" beside "first".'],
  ])('is refused as %j', (toolChoice, message) => {
    const create = (): unknown =>
      new Agent({ model: scriptedModel([]), tools: [look], toolChoice: toolChoice as never });
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(message);
  });
});
