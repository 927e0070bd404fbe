import { Agent, type AgentOptions } from '@pawl/core';
import { selectTools } from '@pawl/core/middleware';
import { manualClock, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { toolNames, tools } from './two-hundred-tools.ts';

const five = tools.slice(0, 5);
const [list, get, create] = ['list_invoice', 'get_invoice', 'create_invoice'] as const;

function choosing(replies: readonly ScriptedModelResponse[], options: Partial<AgentOptions<unknown, string>>) {
  const model = scriptedModel(replies);
  const agent = new Agent({ model, clock: manualClock(), tools: five, ...options });
  return { agent, requests: model.requests };
}

test('in each turn the tools are sent that were chosen for it, in that order, each once', async () => {
  const byTurn = selectTools(({ turn }) => (turn === 1 ? [create, list, create] : [create, list, get]));
  const { agent, requests } = choosing([respond.call(list, { id: '1' }), respond.text('Done.')], {
    middleware: [byTurn],
  });
  await agent.run('Go.');
  expect(requests.map(toolNames)).toEqual([
    [create, list],
    [create, list, get],
  ]);
});

test('what was chosen may depend on the application, and be waited for', async () => {
  const byTurn = selectTools<{ readonly role: string }>(async (_, { context }) =>
    context.role === 'guest' ? [get] : [get, create],
  );
  const model = scriptedModel(() => respond.text('Done.'));
  const agent = new Agent({ model, clock: manualClock(), tools: five, middleware: [byTurn] });
  for (const role of ['guest', 'clerk']) await agent.run('Go.', { context: { role } });
  expect(model.requests.map(toolNames)).toEqual([[get], [get, create]]);
});

test('where all are chosen as they are, the list is the same for each turn, so that its JSON is made once', async () => {
  const all = selectTools(({ tools: offered }) => offered.map(({ name }) => name));
  const { agent, requests } = choosing([respond.call(list, { id: '1' }), respond.text('Done.')], { middleware: [all] });
  await agent.run('Go.');
  const [first, second] = requests;
  expect(toolNames(first ?? {})).toEqual(five.map(({ name }) => name));
  expect(second?.tools).toBe(first?.tools);
});

test('a tool that there is not fails the run, by its name', async () => {
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

test('a call of a tool of another turn is answered with the tools of this one', async () => {
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

test('what is no function is refused where it is written', () => {
  expect(() => selectTools(['get_invoice'] as never)).toThrow('selectTools: choose is a list.');
});
