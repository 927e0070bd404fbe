import { Agent, ConfigError, type Message, memory, type Outcome, type PendingCall } from '@pawl/core';
import { reply, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { askUser } from './ask-user.ts';

const QUESTION = { question: 'Where to?', options: ['Oslo', 'Rome'] };

test('the run waits with the question, and the answer is what the model is told', async () => {
  const { host, agent, pending } = await asked();
  expect(pending).toMatchObject({ id: 'approve:1.0', reason: 'reply', input: QUESTION });
  await host.answer('run', pending.id, { type: 'reply', fingerprint: pending.fingerprint, value: 'Oslo' });
  const outcome = await agent.resume('run', { durable: host }).outcome();
  expect(outcome.status).toBe('completed');
  expect(answersIn(outcome)).toEqual(['Oslo']);
});

test('a user who does not want to answer says so to the model', async () => {
  const { host, agent, pending } = await asked();
  await host.answer('run', pending.id, { type: 'deny', fingerprint: pending.fingerprint, reason: 'Not my affair.' });
  const outcome = await agent.resume('run', { durable: host }).outcome();
  expect(outcome.status).toBe('completed');
  expect(answersIn(outcome)).toEqual([expect.stringContaining('Not my affair.')]);
});

test('a question without words is corrected, and nobody is asked', async () => {
  const agent = agentAsking({ question: '' });
  const outcome = await agent.run('Book.', { durable: memory() }).outcome();
  expect(outcome.status).toBe('completed');
  expect(answersIn(outcome)).toEqual([expect.stringContaining('question: ')]);
});

test('name and description are what the caller says', () => {
  expect(askUser({ name: 'ask_boss', description: 'Asks.' })).toMatchObject({ name: 'ask_boss', description: 'Asks.' });
});

test.each([0, -1, Number.NaN])('a timeout of %s is refused where the tool is made', (timeoutMs) => {
  expect(() => askUser({ timeoutMs })).toThrow(ConfigError);
});

async function asked(): Promise<{
  readonly host: ReturnType<typeof memory>;
  readonly agent: ReturnType<typeof agentAsking>;
  readonly pending: PendingCall;
}> {
  const host = memory();
  const agent = agentAsking(QUESTION);
  const outcome = await agent.run('Book.', { durable: host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}, and waits for nobody.`);
  return { host, agent, pending };
}

function agentAsking(input: { readonly question: string }): Agent {
  const model = scriptedModel([reply.call('ask_user', input), reply.text('Booked.')]);
  return new Agent({ name: 'travel', model, tools: [askUser()] });
}

function answersIn({ messages }: Outcome<unknown>): readonly Message['content'][] {
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
}
