import { Agent, ConfigError, memoryHost, type Outcome, type PendingCall } from '@pawl/core';
import type { Json, Message } from '@pawl/core/chat';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { type AskUserOptions, askUser } from './ask-user.ts';

const QUESTION = { question: 'Where to?', options: ['Oslo', 'Rome'] };

test('suspends the run with the question, and passes the answer to the model', async () => {
  const { host, agent, pending } = await suspend();
  expect(pending).toMatchObject({ id: 'approval:1.0', reason: 'external_result', input: QUESTION });
  await host.answer('run', pending.id, { type: 'result', fingerprint: pending.fingerprint, value: 'Oslo' });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(outcome.status).toBe('completed');
  expect(listResults(outcome)).toEqual(['Oslo']);
});

test('tells the model when the user denies the question', async () => {
  const { host, agent, pending } = await suspend();
  await host.answer('run', pending.id, { type: 'deny', fingerprint: pending.fingerprint, reason: 'Not my affair.' });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(outcome.status).toBe('completed');
  expect(listResults(outcome)).toEqual([expect.stringContaining('Not my affair.')]);
});

test('returns an error for an empty question without suspending the run', async () => {
  const agent = createAgent({ question: '' });
  const outcome = await agent.run('Book.', { host: memoryHost() }).outcome();
  expect(outcome.status).toBe('completed');
  expect(listResults(outcome)).toEqual([expect.stringContaining('question: ')]);
});

test.each<[string, object, AskUserOptions, Json, string]>([
  ['one of the options', QUESTION, {}, 'Rome', 'Rome'],
  ['one of the options in another case', QUESTION, {}, ' rome ', 'Rome'],
  ['not one of the options', QUESTION, {}, 'Bonn', 'The user answered "Bonn", which is not one of: Oslo, Rome.'],
  ['not a text', QUESTION, {}, ['Rome'], 'The user answered ["Rome"], which is not one of: Oslo, Rome.'],
  ['one of the developer’s choices', { question: 'Sure?' }, { choices: ['go', 'stop'] }, 'go', 'go'],
  [
    'not one of the developer’s choices',
    { question: 'Sure?' },
    { choices: ['go', 'stop'] },
    'Oslo',
    'which is not one of: go, stop.',
  ],
  ['a number', { question: 'How many?', answer: 'number' }, {}, '4.5', '4.5'],
  ['not a number', { question: 'How many?', answer: 'number' }, {}, 'many', 'which is not a number.'],
  ['empty', { question: 'How many?', answer: 'number' }, {}, ' ', 'which is not a number.'],
  ['yes', { question: 'Sure?', answer: 'yes_or_no' }, {}, true, 'yes'],
  ['no', { question: 'Sure?', answer: 'yes_or_no' }, {}, 'No', 'no'],
  ['neither yes nor no', { question: 'Sure?', answer: 'yes_or_no' }, {}, 'perhaps', 'which is neither yes nor no.'],
  ['a text', { question: 'Why?' }, {}, 'Because.', 'Because.'],
])('checks an answer that is %s', async (_, question, options, value, content) => {
  const { host, agent, pending } = await suspend(question, options);
  await host.answer('run', pending.id, { type: 'result', fingerprint: pending.fingerprint, value });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(listResults(outcome)).toEqual([expect.stringContaining(content)]);
});

test('shows the developer’s choices in the preview, and has no options in the schema', async () => {
  const { pending } = await suspend({ question: 'Sure?' }, { choices: ['go', 'stop'] });
  expect(pending.preview).toEqual({ question: 'Sure?', options: ['go', 'stop'] });
  expect(askUser({ choices: ['go', 'stop'] }).jsonSchema).not.toHaveProperty('properties.options');
});

test('refuses an answer with the fingerprint of another call', async () => {
  const { host, pending } = await suspend();
  const answer = { type: 'result', fingerprint: 'another', value: 'Oslo' } as const;
  await expect(host.answer('run', pending.id, answer)).rejects.toMatchObject({ code: 'approval.mismatch' });
});

test('refuses an answer after the timeout, and tells the model that none came', async () => {
  const clock = manualClock();
  const host = memoryHost({ clock });
  const agent = createAgent(QUESTION, { timeoutMs: 60_000 });
  const waiting = await agent.run('Book.', { host, runId: 'run' }).outcome();
  const [{ id, fingerprint } = { id: '', fingerprint: '' }] = waiting.status === 'suspended' ? waiting.pending : [];
  await clock.advance(60_000);
  const late = host.answer('run', id, { type: 'result', fingerprint, value: 'Oslo' });
  await expect(late).rejects.toMatchObject({ code: 'approval.expired' });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(outcome.status).toBe('completed');
  expect(listResults(outcome)).toEqual([expect.not.stringContaining('Oslo')]);
});

test.each([[[]], [['only']], [['same', 'same']]])('refuses the choices %j with a ConfigError', (choices) => {
  expect(() => askUser({ choices })).toThrow(ConfigError);
});

test('uses the name and the description of the options', () => {
  expect(askUser({ name: 'ask_boss', description: 'Asks.' })).toMatchObject({ name: 'ask_boss', description: 'Asks.' });
});

test.each([0, -1, Number.NaN])('refuses the timeout %s with a ConfigError', (timeoutMs) => {
  expect(() => askUser({ timeoutMs })).toThrow(ConfigError);
});

async function suspend(
  question: object = QUESTION,
  options: AskUserOptions = {},
): Promise<{
  readonly host: ReturnType<typeof memoryHost>;
  readonly agent: ReturnType<typeof createAgent>;
  readonly pending: PendingCall;
}> {
  const host = memoryHost();
  const agent = createAgent(question, options);
  const outcome = await agent.run('Book.', { host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}, and has no pending call.`);
  return { host, agent, pending };
}

function createAgent(input: object, options: AskUserOptions = {}): Agent {
  const model = scriptedModel([
    respond.calls([{ name: 'ask_user', arguments: JSON.stringify(input) }]),
    respond.text('Booked.'),
  ]);
  return new Agent({ name: 'travel', model, tools: [askUser(options)] });
}

function listResults({ messages }: Outcome<unknown>): readonly Message['content'][] {
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
}
