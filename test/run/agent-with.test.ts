import { Agent, ConfigError, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'seen' });
const listen = tool({ name: 'listen', description: 'Listens.', input: z.object({}), execute: () => 'heard' });

function createAgent() {
  const model = scriptedModel(() => respond.text('Done.'));
  return { agent: new Agent({ name: 'guard', model, tools: [look], limits: { turns: 3 } }), model };
}

function listTools({ requests }: ReturnType<typeof createAgent>['model']): readonly unknown[] {
  return (requests.at(-1)?.tools ?? []).map((each) => (each.type === 'function' ? each.function.name : each));
}

test('agent.with takes a function of the current options, and the agent stays the same', async () => {
  const { agent, model } = createAgent();
  const more = agent.with(({ tools = [] }) => ({ tools: [...tools, listen] }));
  await more.run('Go.');
  expect(listTools(model)).toEqual(['look', 'listen']);
  expect(more.name).toBe('guard');
  await agent.run('Go.');
  expect(listTools(model)).toEqual(['look']);
});

test('a function that changes the options that it gets changes no agent', async () => {
  const { agent, model } = createAgent();
  const same = agent.with((options) => {
    Object.assign(options, { tools: [] });
    return {};
  });
  await same.run('Go.');
  expect(listTools(model)).toEqual(['look']);
});

const WRONG: readonly (readonly [what: string, change: () => unknown, message: string])[] = [
  ['an unknown option', () => ({ tool: [listen] }), 'there is no option "tool"'],
  ['no options', () => undefined, 'Agent "guard"'],
  ['a promise', async () => ({ tools: [listen] }), 'Agent "guard": the options are a promise.'],
];

test.each(WRONG)('a function that returns %s is refused', (_, change, message) => {
  const { agent } = createAgent();
  const changeAgent = () => agent.with(change as never); // As from JavaScript.
  expect(changeAgent).toThrow(ConfigError);
  expect(changeAgent).toThrow(message);
});
