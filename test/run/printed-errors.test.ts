import { inspect } from 'node:util';
import { Agent, conversation, memoryConversations, memoryHost, openai, tool } from '@pawl/core';
import { offlineServer, respond, scriptedModel } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

async function rejected(
  work: PromiseLike<unknown>,
): Promise<Error & { readonly outcome?: { readonly status: string } }> {
  return work.then(
    () => new Error('It did not reject.'),
    (error) => error,
  );
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

test('prints the stacks of the failure and its cause once each', async () => {
  function sendAndFail(): never {
    throw new Error('own words', { cause: causedHere() });
  }
  function causedHere(): Error {
    return new Error('deep words');
  }
  // By hand: the error has to be one of this file's own, with its stack.
  const agent = new Agent({ model: { name: 'm', send: async () => sendAndFail() } });
  const error = await rejected(agent.run('Hi.'));
  const printed = inspect(error, { depth: 10 });
  // Of the error itself, and of the one that it was given.
  expect(count(printed, 'at sendAndFail')).toBe(2);
  expect(count(printed, 'at causedHere')).toBe(1);
  expect(count(printed, 'deep words')).toBe(1);
  expect(error.outcome?.status).toBe('failed');
});

test('prints one stack and no conversation for a server error', async () => {
  const server = await offlineServer({ script: [respond.httpError(400, { message: 'no such model' })] });
  onTestFinished(() => server.close());
  const agent = new Agent({ model: openai('m', { baseURL: server.baseURL, apiKey: 'k' }) });
  const error = await rejected(agent.run('A private question.'));
  const printed = inspect(error, { depth: 10 });
  expect(count(printed, 'at readHttpError')).toBe(1);
  expect(printed).not.toContain('A private question.');
  expect(JSON.stringify(error)).not.toContain('A private question.');
});

test('prints the stack of a failed run once when another process resumes it', async () => {
  // By hand: it fails with an error that is none of ours.
  const agent = new Agent({ model: { name: 'm', send: async () => Promise.reject(new Error('own words')) } });
  const host = memoryHost();
  const outcome = await agent.run('Hi.', { host, runId: 'r' }).outcome();
  await host.release('r', JSON.parse(JSON.stringify(outcome))); // As a host on a file gives it.
  const printed = inspect(await rejected(agent.resume('r', { host })), { depth: 10 });
  expect(count(printed, 'Error: own words\n')).toBe(1);
});

test('describes a run that fails inside a tool by its message, without its conversation', async () => {
  // By hand: it fails with an error that is none of ours.
  const inner = new Agent({ model: { name: 'm', send: async () => Promise.reject(new Error('own words')) } });
  const ask = tool({
    name: 'ask',
    description: 'Asks.',
    input: z.object({}),
    execute: () => inner.run('A private question.'),
  });
  const run = new Agent({ model: scriptedModel([respond.call('ask'), respond.text('Done.')]), tools: [ask] }).run(
    'Hi.',
  );
  let failed: unknown;
  run.on('tool.failed', (event) => {
    failed = event.error;
  });
  await run;
  expect(failed).toMatchObject({ name: 'RunFailedError', message: expect.stringContaining('own words') });
  expect(JSON.stringify(failed)).not.toContain('A private question.');
});

test('prints no conversation for a ConversationError', async () => {
  const store = memoryConversations();
  const chat = conversation({ id: 'c', store, onConflict: 'fail' });
  const agent = new Agent({
    model: scriptedModel(async () => {
      await chat.append([{ role: 'user', content: 'Meanwhile.' }]);
      return respond.text('Done.');
    }),
  });
  const error = await rejected(agent.run('A private question.', { conversation: chat }).outcome());
  expect(error).toMatchObject({ name: 'ConversationError', outcome: { status: 'completed' } });
  expect(Object.keys(error)).not.toContain('outcome');
});

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({}),
  needsApproval: true,
  execute: () => 'paid',
});

test.each([
  ['without a host says that it needs one', {}, 'It has no host, so it cannot be answered. Pass a host:'],
  ['with a host says how to answer', { host: memoryHost() }, 'Call host.answer, then agent.resume.'],
])('a suspended run %s', async (_, options, how) => {
  const agent = new Agent({ model: scriptedModel([respond.call('pay')]), tools: [pay] });
  const error = await rejected(agent.run('Pay.', options));
  expect(error).toMatchObject({ name: 'RunSuspendedError', outcome: { status: 'suspended' } });
  expect(error.message).toContain(`waits for answers to approval:1.0. ${how}`);
});
