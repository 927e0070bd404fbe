import { openaiResponses } from '@pawl/responses';
import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { faults } from '../../bench/faults/faults.ts';
import { createPawl } from '../../bench/faults/pawl.ts';
import { runFramework } from '../../bench/faults/run-framework.ts';
import { tryFault } from '../../bench/faults/try-fault.ts';
import { startChatGateway } from './chat-gateway.ts';

test.each(faults)('a model of Responses passes the fault "$name"', async (fault) => {
  const clock = manualClock();
  const createModel = (baseURL: string) => openaiResponses('any', { baseURL, apiKey: 'none' });
  const run = async (chatURL: string) =>
    runFramework(createPawl({ clock, createModel }), { fault, baseURL: await startChatGateway(chatURL) });
  const seen = await tryFault(fault, { clock, run });
  expect([fault.isPassed(seen), seen.did]).toEqual([true, seen.did]);
});
