import { Agent, ConfigError, openai, tool } from '@pawl/core';
import { scriptedModel } from '@pawl/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { z as zod3 } from 'zod/v3';

afterEach(() => vi.unstubAllEnvs());

const model = scriptedModel([]);
const fine = { name: 'fine', description: 'Fine.', input: z.object({}), execute: () => 1 };

/** Like a caller in JavaScript, without a type check. */
const untyped = (value: unknown): never => value as never;

const mistakes: readonly { readonly what: string; readonly make: () => unknown; readonly says: string }[] = [
  {
    what: 'a bad tool name',
    make: () => tool({ ...fine, name: 'get weather' }),
    says: 'Tool name "get weather" cannot be sent. Use 1 to 64 letters',
  },
  {
    what: 'a date in a schema',
    make: () => tool({ ...fine, input: z.object({ trip: z.object({ when: z.date() }) }) }),
    says: 'Tool "fine", input.trip.when: JSON Schema can\'t express date. Use z.iso.datetime()',
  },
  {
    what: 'a bigint in a list',
    make: () => tool({ ...fine, input: z.object({ ids: z.array(z.bigint()) }) }),
    says: 'Tool "fine", input.ids[]: JSON Schema can\'t express bigint. Use z.int()',
  },
  {
    what: 'a schema that is not an object',
    make: () => tool({ ...fine, input: z.string() }),
    says: 'Tool "fine", input: the root is "string". Wrap it: z.object({ value: … }).',
  },
  {
    what: 'a missing schema',
    make: () => tool({ ...fine, input: untyped(undefined) }),
    says: 'Tool "fine", input: undefined is not a schema. Pass a zod schema.',
  },
  {
    what: 'a zod 3 schema',
    make: () => tool({ ...fine, input: untyped(zod3.object({})) }),
    says: 'Tool "fine", input is a zod 3 schema. Wrap it: zod3(schema) from "@pawl/core/zod3".',
  },
  {
    what: 'a missing execute',
    make: () => tool({ ...fine, execute: untyped(undefined) }),
    says: 'Tool "fine": execute is undefined.',
  },
  {
    what: 'a deadline of 0',
    make: () => tool({ ...fine, timeoutMs: 0 }),
    says: 'Tool "fine": timeoutMs is 0. Pass a number of 1 or more.',
  },
  {
    what: 'two tools with one name',
    make: () => new Agent({ name: 'billing', model, tools: [tool(fine), tool(fine)] }),
    says: 'Agent "billing" has two tools named "fine". Rename one of them.',
  },
  {
    what: 'a value that is not a tool',
    make: () => new Agent({ model, tools: [untyped({ name: 'x' })] }),
    says: 'Agent "agent": tools[0] is not a tool. Create it with tool({ name, … }).',
  },
  {
    what: 'no model',
    make: () => new Agent({ model: untyped(undefined) }),
    says: 'Agent "agent" has no model. Pass model: openai("…")',
  },
  {
    what: 'a limit of 0',
    make: () => new Agent({ model, limits: { turns: 0 } }),
    says: 'Agent "agent": limits.turns is 0. Pass a number greater than 0',
  },
  {
    what: 'a cost limit without a price',
    // By hand: a scripted model has a price.
    make: () => new Agent({ model: { name: 'mine', send: () => expect.unreachable() }, limits: { cost: 1 } }),
    says: 'limits.cost needs a price, and model "mine" has none.',
  },
  {
    what: 'several choices',
    make: () => new Agent({ model, modelSettings: { n: 2 } }),
    says: 'modelSettings.n is 2, but a run uses one choice.',
  },
  {
    what: 'several choices for one run',
    make: () => new Agent({ model }).run('Go.', { modelSettings: { n: 3 } }),
    says: 'modelSettings.n is 3, but a run uses one choice.',
  },
  {
    what: 'a tool choice of an unknown tool',
    make: () => new Agent({ model, tools: [tool(fine)], toolChoice: { type: 'function', function: { name: 'gone' } } }),
    says: 'toolChoice names "gone", which is none of its tools (fine).',
  },
  {
    what: 'zero parallel calls',
    make: () => new Agent({ model, maxParallelToolCalls: 0 }),
    says: 'maxParallelToolCalls is 0. Pass a whole number of 1 or more.',
  },
  {
    what: 'zero attempts',
    make: () => new Agent({ model, retry: { maxAttempts: 0 } }),
    says: 'maxAttempts is 0. Pass a whole number of 1 or more.',
  },
  {
    what: 'a result without its call',
    make: () => new Agent({ model }).run([{ role: 'tool', tool_call_id: 'x', content: '' }]),
    says: 'messages[0] is a tool message for the call "x"',
  },
  {
    what: 'a base URL that is not a URL',
    make: () => openai('m', { baseURL: 'not an address' }),
    says: 'not an address',
  },
];

describe('mistakes in a definition', () => {
  test.each(mistakes)('D8: $what is rejected where it is written, with its name and the fix', ({ make, says }) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(says);
  });

  test('D8: a missing key fails the run before any request, and the error names the variable and the option', async () => {
    vi.stubEnv('OPENAI_API_KEY', undefined);
    vi.stubEnv('OPENAI_BASE_URL', undefined);
    const outcome = await new Agent({ model: openai('gpt-5-mini') }).run('Hi.').outcome();
    expect(outcome).toMatchObject({ status: 'failed', error: { name: 'ConfigError' } });
    expect(outcome.status === 'failed' && outcome.error.message).toContain(
      'Set the variable OPENAI_API_KEY, or pass the option apiKey',
    );
    expect(() => openai('m', { baseURL: 'http://127.0.0.1:1/v1' })).not.toThrow();
  });
});
