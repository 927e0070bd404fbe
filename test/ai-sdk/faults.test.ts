import { createOpenAI } from '@ai-sdk/openai';
import { fromAiSdk } from '@pawl/ai-sdk';
import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { faults } from '../../bench/faults/faults.ts';
import { createPawl } from '../../bench/faults/pawl.ts';
import { runFramework } from '../../bench/faults/run-framework.ts';
import { tryFault } from '../../bench/faults/try-fault.ts';

test.each(faults)('a model of the AI SDK passes the fault "$name"', async (fault) => {
  const clock = manualClock();
  const createModel = (baseURL: string) => fromAiSdk(createOpenAI({ baseURL, apiKey: 'none' }).chat('any'));
  const run = (baseURL: string) => runFramework(createPawl({ clock, createModel }), { fault, baseURL });
  const seen = await tryFault(fault, { clock, run });
  expect([fault.isPassed(seen), seen.did]).toEqual([true, seen.did]);
});
