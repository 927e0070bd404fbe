import { Agent, type AgentOptions } from '@pawl/core';
import { selectTools } from '@pawl/core/middleware';
import { manualClock, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { listToolNames, tools } from './two-hundred-tools.ts';

const five = tools.slice(0, 5);
const [list, get, create] = ['list_invoice', 'get_invoice', 'create_invoice'] as const;

function choosing(replies: readonly ScriptedModelResponse[], options: Partial<AgentOptions<unknown, string>>) {
  const model = scriptedModel(replies);
  const agent = new Agent({ model, clock: manualClock(), tools: five, ...options });
  return { agent, requests: model.requests };
}

test('sends the tools that were selected for the turn, in that order, each once', async () => {
  const byTurn = selectTools(({ turn }) => (turn === 1 ? [create, list, create] : [create, list, get]));
  const { agent, requests } = choosing([respond.call(list, { id: '1' }), respond.text('Done.')], {
    middleware: [byTurn],
  });
  await agent.run('Go.');
  expect(requests.map(listToolNames)).toEqual([
    [create, list],
    [create, list, get],
  ]);
});

test('passes the context to an asynchronous selection', async () => {
  const byTurn = selectTools<{ readonly role: string }>(async (_, { context }) =>
    context.role === 'guest' ? [get] : [get, create],
  );
  const model = scriptedModel(() => respond.text('Done.'));
  const agent = new Agent({ model, clock: manualClock(), tools: five, middleware: [byTurn] });
  for (const role of ['guest', 'clerk']) await agent.run('Go.', { context: { role } });
  expect(model.requests.map(listToolNames)).toEqual([[get], [get, create]]);
});

test('reuses the list of tools, and its JSON, if all tools are selected in order', async () => {
  const all = selectTools(({ tools: offered }) => offered.map(({ name }) => name));
  const { agent, requests } = choosing([respond.call(list, { id: '1' }), respond.text('Done.')], { middleware: [all] });
  await agent.run('Go.');
  const [first, second] = requests;
  expect(listToolNames(first ?? {})).toEqual(five.map(({ name }) => name));
  expect(second?.tools).toBe(first?.tools);
});

test('fails the run if a selected tool does not exist', async () => {
  const byTurn = selectTools(() => [list, 'fly']);
  const { agent } = choosing([respond.text('Done.')], { middleware: [byTurn], tools: tools.slice(0, 2) });
  expect(await agent.run('Go.').outcome()).toMatchObject({
    status: 'failed',
    error: {
      message:
        'selectTools: choose returned "fly", which is not a tool of turn 1. The tools are: list_invoice, get_invoice.',
    },
  });
});

test('answers a call of a tool that was not selected with the tools of this turn', async () => {
  const byTurn = selectTools(({ turn }) => (turn === 1 ? [list] : []));
  const { agent } = choosing([respond.call(get, { id: '1' }), respond.call(list, { id: '1' }), respond.text('Done.')], {
    middleware: [byTurn],
  });
  const { messages } = await agent.run('Go.');
  expect(messages.filter(({ role }) => role === 'tool').map(({ content }) => content)).toEqual([
    'There is no tool "get_invoice". Did you mean "list_invoice"? The tools are: list_invoice.',
    'There is no tool "list_invoice". The tools are: none.',
  ]);
});

test('refuses a selection that is not a function', () => {
  expect(() => selectTools(['get_invoice'] as never)).toThrow('selectTools: choose is a list.');
});
