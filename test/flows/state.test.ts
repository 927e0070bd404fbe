import { Agent, ConfigError, memoryHost, tool } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { flow } from '@pawl/core/flow';
import { respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

/** Collects one fact in each run. */
function createCollector(name: string): Agent {
  const note = tool({
    name: 'note',
    input: z.object({ fact: z.string() }),
    effect: 'idempotent',
    execute: async ({ fact }, { state }) => {
      await state.update((before: { readonly facts: readonly string[] }) => ({ facts: [...before.facts, fact] }));
      return 'Noted.';
    },
  });
  const model = scriptedModel(({ messages }) =>
    messages.at(-1)?.role === 'tool'
      ? respond.text('Done.')
      : respond.call('note', { fact: `${name}: ${String(messages[0]?.content)}` }),
  );
  return new Agent({ name, model, tools: [note], state: z.object({ facts: z.array(z.string()).default([]) }) });
}

const collecting = (topics: readonly string[]) =>
  flow({
    name: 'collecting',
    run: async (_: Json, { run }) => {
      let state: { readonly [name: string]: Json } | undefined;
      for (const [index, topic] of topics.entries()) {
        const agent = createCollector(index % 2 === 0 ? 'one' : 'other');
        state = (await run(agent, topic, { step: topic, state })).state;
      }
      return state ?? null;
    },
  });

test.each(hosts)(
  'agents of a flow on $name pass their state on, also after a crash within any step',
  async ({ open }) => {
    const host = open();
    const expected = { facts: ['one: A', 'other: B', 'one: C'] };
    for (let at = 1; ; at++) {
      const runId = `run ${at}`;
      const fragile = new FaultyHost(host, { at, moment: 'within' });
      const work = collecting(['A', 'B', 'C']);
      const killed = await work
        .run(null, { host: fragile, runId })
        .outcome()
        .catch(() => undefined);
      const outcome = killed ?? (await work.resume(runId, { host }).outcome());
      expect(outcome).toMatchObject({ status: 'completed', output: expected });
      if (!fragile.hasDied) return;
    }
  },
);

test('a flow that gives an agent another state than before has diverged', async () => {
  const host = memoryHost();
  const define = (facts: readonly string[]) =>
    flow({
      name: 'asking',
      run: async (_: Json, { run, ask }) => {
        const { state } = await run(createCollector('one'), 'A', { step: 'collect', state: { facts } });
        await ask('Well?', { step: 'ask' });
        return state ?? null;
      },
    });
  await define(['before']).run(null, { host, runId: 'run' }).outcome();
  await expect(define(['other']).resume('run', { host }).outcome()).rejects.toMatchObject({
    code: 'flow.diverged',
    message: expect.stringContaining('the state for "one" is another one than before'),
  });
  expect(await define(['before']).resume('run', { host }).outcome()).toMatchObject({ status: 'suspended' });
});

test('an agent without a state refuses one, and a state that does not match its schema fails the run inside', async () => {
  const plain = new Agent({ name: 'plain', model: scriptedModel([]) });
  const passing = (agent: Agent, state: { readonly [name: string]: Json }) =>
    flow({ name: 'passing', run: (_: Json, { run }) => run(agent, 'A', { step: 'a', state }).then(() => null) });
  expect(await passing(plain, {}).run(null).outcome()).toMatchObject({
    status: 'failed',
    error: {
      name: 'ConfigError',
      message: expect.stringContaining('Agent "plain" has no state, but the run got one.'),
    },
  });
  expect(await passing(createCollector('one'), { facts: 1 }).run(null).outcome()).toMatchObject({
    status: 'failed',
    error: { code: 'state.invalid' },
  });
  expect(() => flow({ name: 'x', state: z.object({}), run: () => null } as never)).toThrow(ConfigError);
});
