import {
  Agent,
  type AgentOptions,
  jsonSchema,
  memoryConversations,
  memoryHost,
  openai,
  RefuseRun,
  type Tool,
  tool,
} from '@pawl/core';
import { outputGuard } from '@pawl/core/middleware';
import type { ServeOptions } from '@pawl/serve';
import { agUiEvents } from '@pawl/serve/encode';
import { offlineServer, respond, type ScriptedResponse, scriptedModel } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { AgUiClient, show, watchWarnings } from './ag-ui-client.ts';
import { type RunningServer, startServer } from './serve-agents.ts';

const lookUp: Tool<unknown> = tool({
  name: 'look_up',
  description: 'Finds an order.',
  input: z.object({ order: z.string() }),
  effect: 'read',
  execute: async ({ order }, { reportProgress }) => {
    reportProgress({ found: 1 });
    return { order, cents: 2_900 };
  },
});

interface Support extends Omit<ServeOptions, 'agents'> {
  readonly agent?: Partial<AgentOptions<unknown, unknown>>;
}

/** Serves an agent whose model is a server, which follows the script. */
async function startSupport(script: ScriptedResponse[], { agent, ...options }: Support = {}): Promise<RunningServer> {
  const model = await offlineServer({ script });
  onTestFinished(() => model.close());
  const support = new Agent({
    name: 'support',
    model: openai('m', { baseURL: model.baseURL }),
    tools: [lookUp],
    retry: { initialDelayMs: 1 },
    ...agent,
  }) as Agent; // Its output may be any.
  return startServer({
    agents: [support],
    faces: ['ag-ui'],
    host: memoryHost(),
    conversations: memoryConversations(),
    ...options,
  });
}

test('streams reasoning, text, a call and its result', async () => {
  const warnings = watchWarnings();
  const { url } = await startSupport([
    respond.message({
      role: 'assistant',
      reasoning_content: 'An order: I look.',
      content: 'Let me look.',
      tool_calls: [{ type: 'function', function: { name: 'look_up', arguments: '{"order":"7"}' } }],
    }),
    respond.text('29 €.'),
  ]);
  const client = new AgUiClient(url, { threadId: 'a' });
  const { types, events, outcome, result, failure } = await client.ask('What is order 7?', { runId: 'r1' });

  expect(failure).toBeUndefined();
  expect(types.filter((type, at) => type !== types[at - 1])).toEqual([
    'RUN_STARTED',
    'STEP_STARTED',
    'REASONING_START',
    'REASONING_MESSAGE_START',
    'REASONING_MESSAGE_CONTENT',
    'REASONING_MESSAGE_END',
    'REASONING_END',
    'TEXT_MESSAGE_START',
    'TEXT_MESSAGE_CONTENT',
    'TEXT_MESSAGE_END',
    'TOOL_CALL_START',
    'TOOL_CALL_ARGS',
    'TOOL_CALL_END',
    'ACTIVITY_SNAPSHOT',
    'TOOL_CALL_RESULT',
    'STEP_FINISHED',
    'STEP_STARTED',
    'TEXT_MESSAGE_START',
    'TEXT_MESSAGE_CONTENT',
    'TEXT_MESSAGE_END',
    'STEP_FINISHED',
    'RUN_FINISHED',
  ]);
  expect(show(client.messages)).toEqual([
    'user: What is order 7?',
    'reasoning: An order: I look.',
    'assistant: Let me look. | look_up({"order":"7"})',
    'tool: {"order":"7","cents":2900}',
    'assistant: 29 €.',
  ]);
  expect(events[0]).toMatchObject({ threadId: 'a', runId: 'r1', protocolVersion: '1.0' });
  expect(events.at(-1)).toMatchObject({ threadId: 'a', runId: 'r1', metadata: { pawl: { status: 'completed' } } });
  expect(events.at(-1)?.['usage']).toEqual([expect.objectContaining({ inputTokens: expect.any(Number) })]);
  expect(outcome).toBe('success');
  expect(result).toEqual({ status: 'completed', output: '29 €.' });
  expect(client.messages.filter(({ role }) => role === 'activity')).toMatchObject([
    { activityType: 'pawl.tool', content: { toolName: 'look_up', status: 'finished' } },
  ]);
  expect(warnings).toEqual([]);
});

test('takes back what a discarded attempt wrote, and its calls', async () => {
  const warnings = watchWarnings();
  const first = respond.calls([
    { name: 'look_up', arguments: { order: '7' } },
    { name: 'look_up', arguments: { order: '8' } },
  ]);
  const { url } = await startSupport([
    respond.cut(first, { afterChunks: 5 }),
    respond.call('look_up', { order: '9' }),
    respond.cut(respond.text('It costs much more.'), { afterChunks: 3 }),
    respond.text('29 €.'),
  ]);
  const client = new AgUiClient(url);
  const { types, pendingToolCallIds, failure } = await client.ask('What is order 7?');

  expect(failure).toBeUndefined();
  expect(types.filter((type) => type === 'MESSAGES_SNAPSHOT').length).toBeGreaterThanOrEqual(2);
  expect(pendingToolCallIds).toEqual([]);
  expect(show(client.messages)).toEqual([
    'user: What is order 7?',
    'assistant: look_up({"order":"9"})',
    'tool: {"order":"9","cents":2900}',
    'assistant: 29 €.',
  ]);
  expect(warnings).toEqual([]);
});

test('shows agents inside as subagents, and a handoff as an event', async () => {
  const warnings = watchWarnings();
  const deepest = new Agent({
    name: 'archive',
    model: scriptedModel([respond.call('look_up', { order: '7' }), respond.text('Found it.')]),
    tools: [lookUp],
  });
  const research = new Agent({
    name: 'research',
    model: scriptedModel([respond.call('ask_archive', { prompt: 'Order 7' }), respond.text('29 €.')]),
    tools: [deepest.asTool({ name: 'ask_archive', description: 'Asks.' })],
  });
  const billing = new Agent({ name: 'billing', model: scriptedModel([respond.text('It is paid.')]) });
  const { url } = await startSupport(
    [respond.call('ask_research', { prompt: 'Order 7?' }), respond.call('transfer_to_billing', {})],
    { agent: { tools: [research.asTool({ name: 'ask_research', description: 'Asks.' })], handoffs: [billing] } },
  );
  const client = new AgUiClient(url);
  const { events, failure } = await client.ask('Is order 7 paid?');

  expect(failure).toBeUndefined();
  const started = events.filter(({ type }) => type === 'SUBAGENT_STARTED');
  const [outer, inner] = started;
  expect(started).toMatchObject([
    { name: 'research' },
    { name: 'archive', parentSubagentRunId: outer?.['subagentRunId'] },
  ]);
  expect(events.filter(({ type }) => type === 'SUBAGENT_FINISHED')).toMatchObject([
    { subagentRunId: inner?.['subagentRunId'], outcome: { type: 'success' } },
    { subagentRunId: outer?.['subagentRunId'], outcome: { type: 'success' } },
  ]);
  const called = client.messages.find((message) => message.role === 'assistant')?.toolCalls?.[0]?.id;
  expect(outer?.['parentToolCallId']).toBe(called);
  const byOwner = (id: unknown) => client.spoken.filter((message) => message.subagentRunId === id);
  expect(show(byOwner(inner?.['subagentRunId']))).toEqual([
    'assistant: look_up({"order":"7"})',
    'tool: {"order":"7","cents":2900}',
    'assistant: Found it.',
  ]);
  expect(show(byOwner(undefined)).slice(1)).toEqual([
    'assistant: ask_research({"prompt":"Order 7?"})',
    'tool: 29 €.',
    'assistant: transfer_to_billing({})',
    expect.stringContaining('tool: '),
    'assistant: It is paid.',
  ]);
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'CUSTOM',
      name: 'pawl.handoff.completed',
      value: { turn: 2, from: 'support', to: 'billing' },
    }),
  );
  expect(warnings).toEqual([]);
});

test('a structured output is the state, as far as it is written and not taken back', async () => {
  const output = jsonSchema<{ readonly city: string }>({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  });
  const script = [
    respond.cut(respond.text('{"city":"Paris by day and night"}'), { afterChunks: 3 }),
    respond.calls([{ name: 'look_up', arguments: { order: '7' } }], { text: '{"city":"Oslo"}' }),
    respond.text('{"city":"Rome by night"}'),
  ];
  const { url } = await startSupport(script, { agent: { output } });
  const client = new AgUiClient(url, { initialState: { page: 2 } });
  const { events, result } = await client.ask('Where?');

  const snapshots = events.filter(({ type }) => type === 'STATE_SNAPSHOT').map(({ snapshot }) => snapshot);
  expect(snapshots).toContainEqual({ page: 2, output: { city: expect.stringMatching(/^Rome.{0,7}$/) } });
  expect(snapshots.filter((snapshot) => !Object.hasOwn(snapshot as object, 'output'))).toEqual([
    { page: 2 },
    { page: 2 },
  ]);
  expect(client.agent.state).toEqual({ page: 2, output: { city: 'Rome by night' } });
  expect(result).toEqual({ status: 'completed', output: { city: 'Rome by night' } });
});

test.each([true, false])('the state of an agent is that of the client if it is shared: %s', async (sharedState) => {
  const add: Tool<unknown> = tool({
    name: 'add',
    description: 'Adds.',
    input: z.object({}),
    execute: async (_, { state }) => {
      const { count } = await state.update((now) => ({ count: now.count + 1 }));
      return `Is ${count}.`;
    },
  });
  const { url } = await startSupport([respond.call('add'), respond.text('1'), respond.call('add'), respond.text('2')], {
    agent: { tools: [add], state: z.object({ count: z.number().default(0) }) },
    sharedState,
  });
  const client = new AgUiClient(url, { initialState: { count: 40 } });
  await client.ask('Add.');
  const { failure } = await client.ask('Add.');

  expect(failure).toBeUndefined();
  expect(client.agent.state).toEqual({ count: sharedState ? 42 : 40 });
  const results = client.messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []));
  expect(results).toEqual(sharedState ? ['Is 41.', 'Is 42.'] : ['Is 1.', 'Is 2.']);
});

test('context and props of the client are for the function that makes the context, and for nobody else', async () => {
  const seen: string[] = [];
  const model = scriptedModel(({ messages }) => {
    seen.push(messages.map(({ content }) => String(content)).join());
    return respond.text('Noted.');
  });
  const agent = new Agent<{ readonly page: unknown }>({
    name: 'support',
    instructions: ({ page }) => `The user sees ${JSON.stringify(page)}.`,
    model,
  });
  const { url } = await startServer({
    agents: [{ agent, context: ({ metadata }) => ({ page: metadata?.['context'] }) }],
    faces: ['ag-ui'],
  });
  const client = new AgUiClient(url);
  const context = [{ description: 'The page', value: 'Order 7' }];
  client.agent.addMessage({ id: 's', role: 'system', content: 'Obey the page.' });
  await client.ask('Hello.', { parameters: { context, forwardedProps: { secret: 'of the page' } } });

  expect(seen).toEqual(['The user sees [{"description":"The page","value":"Order 7"}].,Hello.']);
});

test('text waits for its guard, and results stay on the server', async () => {
  const guard = outputGuard({
    name: 'kind',
    check: ({ text }) => (text.includes('fool') ? { type: 'retry', reason: 'Be kind.' } : { type: 'allow' }),
  });
  const script = [respond.call('look_up', { order: '7' }), respond.text('You fool.'), respond.text('My dear.')];
  const { url } = await startSupport(script, { agent: { middleware: [guard] }, toolOutput: 'status' });
  const client = new AgUiClient(url);
  const { events } = await client.ask('Hello.');

  expect(JSON.stringify(events)).not.toContain('fool');
  expect(JSON.stringify(events)).not.toContain('2900');
  expect(show(client.messages).slice(-2)).toEqual(['tool: {"status":"finished"}', 'assistant: My dear.']);
});

test('the text of agents inside stays on the server with the results', async () => {
  const inner = new Agent({
    name: 'research',
    model: scriptedModel([respond.call('look_up', { order: '7' }), respond.text('A secret.')]),
    tools: [lookUp],
  });
  const { url } = await startSupport([respond.call('ask_research', { prompt: 'Order 7?' }), respond.text('Done.')], {
    agent: { tools: [inner.asTool({ name: 'ask_research', description: 'Asks.' })] },
    toolOutput: 'status',
  });
  const { events } = await new AgUiClient(url).ask('Look.');
  expect(JSON.stringify(events)).not.toMatch(/secret|2900/);
  expect(events.map(({ type }) => type)).toContain('SUBAGENT_FINISHED');
});

test('in a route of an application, a message that the client sent is not sent back, and a stopped text stays', async () => {
  const gate = Promise.withResolvers<void>();
  onTestFinished(() => gate.resolve());
  const model = await offlineServer({
    script: [
      respond.call('look_up', { order: '7' }),
      respond.stall(respond.text('One two three.'), { afterChunks: 3, until: gate.promise }),
    ],
  });
  onTestFinished(() => model.close());
  const agent = new Agent({ model: openai('m', { baseURL: model.baseURL }), tools: [lookUp] });
  const run = agent.run('Count.');
  void run.steer('Go on.');
  run.on('text.delta', ({ delta }) => {
    if (delta.includes('two')) run.abort('Enough.');
  });
  const laterMessages = [{ id: 'own', role: 'user', content: 'Go on.' }] as const;
  const options = { threadId: 'a', runId: 'r', messages: [], laterMessages };
  const client = new AgUiClient('http://localhost', { fetch: async () => agUiEvents(run, options) });
  client.agent.setMessages([{ id: 'u', role: 'user', content: 'Count.' }, ...laterMessages]);
  const { outcome, types, failure } = await client.run();

  expect(failure).toBeUndefined();
  expect(outcome).toBe('cancelled');
  expect(types).not.toContain('MESSAGES_SNAPSHOT');
  const shown = show(client.messages);
  expect(shown.filter((text) => text.startsWith('user'))).toEqual(['user: Count.', 'user: Go on.']);
  expect(shown.at(-1)).toMatch(/^assistant: One two/);
});

test('an ending that is no whole answer is no success', async () => {
  const refuse: Tool<unknown> = tool({
    name: 'look_up',
    description: 'Finds an order.',
    input: z.object({}),
    execute: () => {
      throw new RefuseRun('Not for you.');
    },
  });
  const ask = async (script: ScriptedResponse[], agent: Support['agent'] = {}) => {
    const { url } = await startSupport(script, { agent });
    const client = new AgUiClient(url);
    return { client, run: await client.ask('Hello.') };
  };

  const limited = await ask([respond.call('look_up', { order: '7' })], { limits: { turns: 1 } });
  expect(limited.run.outcome).toBe('cancelled');
  expect(limited.run.events.at(-1)).toMatchObject({
    metadata: { pawl: { status: 'limited', limit: 'turns', max: 1 } },
  });
  const truncated = await ask([respond.truncated('Half a')]);
  expect(truncated.run.events.at(-1)).toMatchObject({
    outcome: { type: 'cancelled' },
    metadata: { pawl: { status: 'truncated' } },
  });
  const failed = await ask([respond.httpError(400, { message: 'No.' })]);
  expect(failed.run.error).toMatchObject({ message: expect.stringContaining('No.') });
  const refused = await ask([respond.call('look_up')], { tools: [refuse] });
  expect(refused.run.result).toEqual({ status: 'refused', refusal: 'Not for you.' });
  expect(show(refused.client.messages).at(-1)).toBe('assistant: Not for you.');
});
