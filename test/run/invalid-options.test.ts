import { Agent, type AgentOptions, type Input, type ResumeOptions, type RunOptions } from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { useServer } from './use-server.ts';

const model = scriptedModel(() => respond.text('Hello.'));
const agent: Agent = new Agent({ model });

const asked = { role: 'user', content: 'Go.' };
const called = (call: unknown): unknown => [asked, { role: 'assistant', content: null, tool_calls: [call] }];

test.each<readonly [unknown, string]>([
  [undefined, 'The input is undefined. Pass a text, or a list of messages.'],
  [asked, 'The input is an object. Pass a text, or a list of messages.'],
  [['Go.'], 'messages[0] has no role: it is a string. Pass { role: "user", content: "…" }.'],
  [[null], 'messages[0] has no role: it is null. Pass { role: "user", content: "…" }.'],
  [
    called({ id: 'a', type: 'function' }),
    'messages[1].tool_calls[0] is not a tool call. Pass { id, type: "function", function: { name, arguments } }.',
  ],
  [
    called({ id: 'a', type: 'function', function: { name: 'look', arguments: { city: 'Oslo' } } }),
    'messages[1].tool_calls[0].function.arguments is an object. Pass its JSON as a string.',
  ],
])('refuses an invalid input synchronously: %j', (input, message) => {
  expect(() => agent.run(input as Input)).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
});

test.each<readonly [string, unknown, string]>([
  [
    'signal',
    new AbortController(),
    'Agent "agent": signal is an AbortController, which is not an AbortSignal. Pass controller.signal, not the controller.',
  ],
  ['host', {}, 'Agent "agent": host is an object, which is not a host. Pass memoryHost() or another Host.'],
])('refuses an invalid run option synchronously: %s', (name, value, message) => {
  const options = { [name]: value } as RunOptions;
  expect(() => agent.run('Go.', options)).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
});

test('refuses to resume without a host synchronously', () => {
  const message = 'Agent "agent": resume needs the host that the run was started on. Pass { host }.';
  const options = {} as ResumeOptions;
  expect(() => agent.resume('order-42', options)).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
});

test.each<readonly [string, unknown, string]>([
  ['instructions', null, 'Agent "agent": instructions is null. Pass a string, or a function that returns one.'],
  ['tools', {}, 'Agent "agent": tools is not a list. Pass tools: [tool({ … })].'],
  [
    'middleware',
    [null],
    'Agent "agent": middleware[0] is not an object. Pass { prepareTurn, wrapModelCall, wrapToolCall }.',
  ],
  [
    'middleware',
    [{ wrapToolCall: 1 }],
    'Agent "agent": middleware[0].wrapToolCall is not a function. Pass a function, or leave it out.',
  ],
  ['output', null, 'Agent "agent", output: null is not a schema. Pass a zod schema.'],
])('refuses an invalid agent option in the constructor: %s, %j', (name, value, message) => {
  const options = { model, [name]: value } as AgentOptions<unknown, string>;
  expect(() => new Agent(options)).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
});

test('fails the run if the instructions function does not return a text', async () => {
  const instructions = (() => 42) as unknown as () => string;
  const outcome = await new Agent({ model, instructions }).run('Go.').outcome();

  const message = 'instructions returned a value of type number. Return a string.';
  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'ConfigError', message } });
});

test('sends the current state of a message that the caller changes', async () => {
  const question = { role: 'user', content: 'Oslo?' } satisfies UserMessage;
  const sent = await useServer(
    () => respond.text('Rain.'),
    async (remote, { requests }) => {
      const weather = new Agent({ model: remote });
      await weather.run([question]);
      question.content = 'Rome?';
      const run = weather.run([question]);
      question.content = 'Too late.';
      await run;
      return requests.map(({ body }) => body.messages);
    },
  );

  expect(sent).toEqual([[{ role: 'user', content: 'Oslo?' }], [{ role: 'user', content: 'Rome?' }]]);
});
