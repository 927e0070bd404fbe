import { Agent, ConfigError, memoryHost, type Outcome, type PendingCall } from '@pawl/core';
import type { Json, Message } from '@pawl/core/chat';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { type AskUserOptions, askUser } from './ask-user.ts';

const QUESTION = { question: 'Where to?', options: ['Oslo', 'Rome'] };

test('the run waits with the question, and the answer is what the model is told', async () => {
  const { host, agent, pending } = await asked();
  expect(pending).toMatchObject({ id: 'approval:1.0', reason: 'external_result', input: QUESTION });
  await host.answer('run', pending.id, { type: 'result', fingerprint: pending.fingerprint, value: 'Oslo' });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(outcome.status).toBe('completed');
  expect(answersIn(outcome)).toEqual(['Oslo']);
});

test('a user who does not want to answer says so to the model', async () => {
  const { host, agent, pending } = await asked();
  await host.answer('run', pending.id, { type: 'deny', fingerprint: pending.fingerprint, reason: 'Not my affair.' });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(outcome.status).toBe('completed');
  expect(answersIn(outcome)).toEqual([expect.stringContaining('Not my affair.')]);
});

test('a question without words is corrected, and nobody is asked', async () => {
  const agent = agentAsking({ question: '' });
  const outcome = await agent.run('Book.', { host: memoryHost() }).outcome();
  expect(outcome.status).toBe('completed');
  expect(answersIn(outcome)).toEqual([expect.stringContaining('question: ')]);
});

test.each<[string, object, AskUserOptions, Json, string]>([
  ['one of the options', QUESTION, {}, 'Rome', 'Rome'],
  ['one in other letters', QUESTION, {}, ' rome ', 'Rome'],
  ['none of the options', QUESTION, {}, 'Bonn', 'The user answered "Bonn", which is none of: Oslo, Rome.'],
  ['another form', QUESTION, {}, ['Rome'], 'The user answered ["Rome"], which is none of: Oslo, Rome.'],
  ['one of the developer’s choices', { question: 'Sure?' }, { choices: ['go', 'stop'] }, 'go', 'go'],
  [
    'none of the developer’s choices',
    { question: 'Sure?' },
    { choices: ['go', 'stop'] },
    'Oslo',
    'which is none of: go, stop.',
  ],
  ['a number', { question: 'How many?', answer: 'number' }, {}, '4.5', '4.5'],
  ['no number', { question: 'How many?', answer: 'number' }, {}, 'many', 'which is no number.'],
  ['nothing', { question: 'How many?', answer: 'number' }, {}, ' ', 'which is no number.'],
  ['yes', { question: 'Sure?', answer: 'yes_or_no' }, {}, true, 'yes'],
  ['no', { question: 'Sure?', answer: 'yes_or_no' }, {}, 'No', 'no'],
  ['neither', { question: 'Sure?', answer: 'yes_or_no' }, {}, 'perhaps', 'which is neither yes nor no.'],
  ['a text', { question: 'Why?' }, {}, 'Because.', 'Because.'],
])('an answer that is %s is told as that', async (_, question, options, value, told) => {
  const { host, agent, pending } = await asked(question, options);
  await host.answer('run', pending.id, { type: 'result', fingerprint: pending.fingerprint, value });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(answersIn(outcome)).toEqual([expect.stringContaining(told)]);
});

test('the developer’s choices are shown to whoever is asked, and the model can give no others', async () => {
  const { pending } = await asked({ question: 'Sure?' }, { choices: ['go', 'stop'] });
  expect(pending.preview).toEqual({ question: 'Sure?', options: ['go', 'stop'] });
  expect(askUser({ choices: ['go', 'stop'] }).jsonSchema).not.toHaveProperty('properties.options');
});

test('an answer to another question is refused: it is bound to its call', async () => {
  const { host, pending } = await asked();
  const answer = { type: 'result', fingerprint: 'another', value: 'Oslo' } as const;
  await expect(host.answer('run', pending.id, answer)).rejects.toMatchObject({ code: 'approval.mismatch' });
});

test('an answer that comes too late is refused, and the model hears that none came', async () => {
  const clock = manualClock();
  const host = memoryHost({ clock });
  const agent = agentAsking(QUESTION, { timeoutMs: 60_000 });
  const waiting = await agent.run('Book.', { host, runId: 'run' }).outcome();
  const [{ id, fingerprint } = { id: '', fingerprint: '' }] = waiting.status === 'suspended' ? waiting.pending : [];
  await clock.advance(60_000);
  const late = host.answer('run', id, { type: 'result', fingerprint, value: 'Oslo' });
  await expect(late).rejects.toMatchObject({ code: 'approval.expired' });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(outcome.status).toBe('completed');
  expect(answersIn(outcome)).toEqual([expect.not.stringContaining('Oslo')]);
});

test.each([[[]], [['only']], [['same', 'same']]])('choices of %j are refused where the tool is made', (choices) => {
  expect(() => askUser({ choices })).toThrow(ConfigError);
});

test('name and description are what the caller says', () => {
  expect(askUser({ name: 'ask_boss', description: 'Asks.' })).toMatchObject({ name: 'ask_boss', description: 'Asks.' });
});

test.each([0, -1, Number.NaN])('a timeout of %s is refused where the tool is made', (timeoutMs) => {
  expect(() => askUser({ timeoutMs })).toThrow(ConfigError);
});

async function asked(
  question: object = QUESTION,
  options: AskUserOptions = {},
): Promise<{
  readonly host: ReturnType<typeof memoryHost>;
  readonly agent: ReturnType<typeof agentAsking>;
  readonly pending: PendingCall;
}> {
  const host = memoryHost();
  const agent = agentAsking(question, options);
  const outcome = await agent.run('Book.', { host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}, and waits for nobody.`);
  return { host, agent, pending };
}

function agentAsking(input: object, options: AskUserOptions = {}): Agent {
  const model = scriptedModel([
    respond.calls([{ name: 'ask_user', arguments: JSON.stringify(input) }]),
    respond.text('Booked.'),
  ]);
  return new Agent({ name: 'travel', model, tools: [askUser(options)] });
}

function answersIn({ messages }: Outcome<unknown>): readonly Message['content'][] {
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
}
