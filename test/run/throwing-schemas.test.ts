import { setImmediate } from 'node:timers/promises';
import { Agent, type AgentOptions, type Outcome, type Tool, tool } from '@pawl/core';
import { checkHistory, manualClock, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

/** Resolves when work has begun that never ends and ignores its signal. */
interface Stage {
  readonly hang: () => Promise<never>;
}

type Options = Omit<AgentOptions<unknown, unknown>, 'model' | 'clock'>;

const look: Tool<unknown> = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({}),
  execute: () => 'Seen.',
});

const hanging: Readonly<Record<string, (stage: Stage) => Options>> = {
  'the instructions function': ({ hang }) => ({ instructions: hang }),
  'a prepareTurn hook': ({ hang }) => ({ tools: [look], middleware: [{ prepareTurn: hang }] }),
  'a model hook': ({ hang }) => ({ tools: [look], middleware: [{ wrapModelCall: hang }] }),
  'a tool hook': ({ hang }) => ({ tools: [look], middleware: [{ wrapToolCall: hang }] }),
  'a tool': ({ hang }) => ({ tools: [{ ...look, execute: hang }] }),
  "a tool's schema": ({ hang }) => ({ tools: [{ ...look, validate: hang }] }),
  'the approval rule of a call': ({ hang }) => ({ tools: [{ ...look, needsApproval: hang }] }),
  'the preview of a call': ({ hang }) => ({ tools: [{ ...look, needsApproval: true, preview: hang }] }),
  'the validation of an output': ({ hang }) => ({ output: z.object({}).refine(hang) }),
};

test.each(Object.entries(hanging))('an abort ends the run while %s hangs', async (_, optionsOf) => {
  const begun = Promise.withResolvers<void>();
  const hang = (): Promise<never> => {
    begun.resolve();
    return new Promise(() => undefined);
  };
  const clock = manualClock();
  const options = optionsOf({ hang });
  const first = options.output === undefined ? respond.call('look') : respond.text('{}');
  const run = new Agent({ ...options, model: scriptedModel([first]), clock }).run('Go.');
  await begun.promise;
  run.abort('Enough.');
  const outcome = await Promise.race([run.outcome(), soon()]);

  expect(outcome).toMatchObject({ status: 'aborted', reason: 'Enough.' });
  expect(checkHistory(outcome?.messages ?? [])).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('returns an error of an output schema to the model as an issue', async () => {
  const output = z.object({ city: z.string() }).refine(({ city }) => {
    if (city === 'Atlantis') throw new Error('Atlantis is under water.');
    return true;
  });
  const model = scriptedModel([respond.text('{"city":"Atlantis"}'), respond.text('{"city":"Oslo"}')]);
  const run = new Agent({ model, output, clock: manualClock() }).run('Where?');

  expect((await run).output).toEqual({ city: 'Oslo' });
  expect(model.requests[1]?.messages.at(-1)?.content).toContain('Atlantis is under water.');
});

/** Long enough for everything that waits for nothing. */
async function soon(): Promise<Outcome<unknown> | undefined> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  return undefined;
}
