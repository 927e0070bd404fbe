import { Agent, tool } from '@pawl/core';
import { dbosHost } from '@pawl/dbos';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/**
 * `node worker.ts <url> <executorId> <runs at once> <milliseconds of a model request>`: executes runs of an agent with five turns,
 * until SIGTERM.
 */
const [url = '', executorId = '', atOnce = '', modelMs = ''] = process.argv.slice(2);

const input = z.object({});
const look = tool({ name: 'look', description: 'Looks.', input, effect: 'read', execute: () => 'seen' });
const pay = tool({ name: 'pay', description: 'Pays.', input, effect: 'non-idempotent', execute: () => 'paid' });
const model = scriptedModel(
  async ({ messages }) => {
    if (modelMs !== '0') await new Promise((resolve) => setTimeout(resolve, Number(modelMs)));
    const turn = messages.filter(({ role }) => role === 'assistant').length;
    return turn < 4 ? respond.call(turn % 2 === 0 ? 'look' : 'pay', {}) : respond.text('Done.');
  },
  { keepRequests: 1 },
);
const agent = new Agent({ name: 'agent', model, tools: [look, pay] });
const host = await dbosHost({ url, executorId, agents: [agent], queue: { workerConcurrency: Number(atOnce) } });
process.once('SIGTERM', () => void host.close());
console.log('ready');
