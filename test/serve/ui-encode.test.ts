import { Agent, ConfigError, conversation, memoryHost, openai, RefuseRun, type RunEvent, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { outputGuard } from '@pawl/core/middleware';
import { createUiState, encodeUiEvent, toUiMessages, type UiChunk, uiMessageStream } from '@pawl/serve/encode';
import { offlineServer, respond, type ScriptedResponse, scriptedModel } from '@pawl/testing';
import { validateUIMessages } from 'ai';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { openShop } from './ui-shop.ts';

async function readChunks(response: Response): Promise<readonly UiChunk[]> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'));
  return lines.map((line) => JSON.parse(line.slice('data: '.length)) as UiChunk);
}

const lookUp = tool({
  name: 'look_up',
  description: 'Finds an order.',
  input: z.object({ order: z.string() }),
  effect: 'read',
  execute: async () => ({ secret: 'of the shop' }),
});

async function createAgent(script: readonly ScriptedResponse[]): Promise<Agent> {
  const server = await offlineServer({ script: [...script] });
  onTestFinished(() => server.close());
  return new Agent({ model: openai('m', { baseURL: server.baseURL }), tools: [lookUp] });
}

test('streams a run in a route of an application', async () => {
  const agent = await createAgent([respond.text('Hello Ada.')]);
  const response = uiMessageStream(agent.run('Hello.'));

  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
    'x-vercel-ai-ui-message-stream': 'v1',
  });
  const text = await response.text();
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(text.match(/"type":"text-delta"/g)?.length).toBeGreaterThan(1);
});

test('a run that cannot begin is an error of the stream', async () => {
  const agent = new Agent({ model: scriptedModel([]) });
  const store = { load: () => Promise.reject(new Error('The disk is gone.')), save: () => Promise.resolve(true) };
  const run = agent.run('Hello.', { conversation: conversation({ id: 'a', store }) });

  expect(await readChunks(uiMessageStream(run))).toEqual([
    { type: 'error', errorText: 'The server cannot read or store runs at the moment. Try again later.' },
  ]);
});

test('refuses unknown options and values', () => {
  // @ts-expect-error
  expect(() => createUiState({ version: 7 })).toThrow('The option is "sdk".');
  // @ts-expect-error
  expect(() => createUiState({ sdk: 5 })).toThrow(ConfigError);
  // @ts-expect-error
  expect(() => createUiState({ text: 'later' })).toThrow(ConfigError);
});

test('holds the text of a turn back until it has its response', async () => {
  const agent = await createAgent([respond.text('One two three four.')]);
  const chunks = await readChunks(uiMessageStream(agent.run('Count.'), { text: 'whole' }));

  expect(chunks.filter(({ type }) => type === 'text-delta')).toEqual([
    { type: 'text-delta', id: '1.text', delta: 'One two three four.' },
  ]);
});

test('a page never gets a text that a guard rejects', async () => {
  const guard = outputGuard({
    name: 'kind',
    check: ({ text }) => (text.includes('fool') ? { type: 'retry', reason: 'Be kind.' } : { type: 'allow' }),
  });
  const shop = await openShop([respond.text('You fool.'), respond.text('My dear.')], {
    agent: { middleware: [guard] },
  });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ id: 'a', messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello.' }] }] });
  const response = await shop.fetch(new Request('http://localhost/api/chat', { method: 'POST', headers, body }));
  const text = await response.text();

  expect(text).not.toContain('fool');
  expect(text).toContain('My dear.');
});

test('a message that arrives while a text is streamed follows the whole text', async () => {
  const gate = Promise.withResolvers<void>();
  const agent = await createAgent([
    respond.stall(respond.text('One two three.'), { afterChunks: 2, until: gate.promise }),
    respond.text('Four.'),
  ]);
  const run = agent.run('Count.', { host: memoryHost() });
  run.on('text.delta', ({ delta }) => {
    if (!delta.includes('two')) return;
    void run.steer('Go on.');
    gate.resolve();
  });
  const chunks = await readChunks(uiMessageStream(run));

  const shown = chunks.flatMap((chunk) => {
    if (chunk.type === 'text-delta') return [chunk.delta];
    return chunk.type === 'steering-message' ? [chunk.type] : [];
  });
  expect(shown.join('')).toBe('One two three.steering-messageFour.');
});

test('shows why a tool refuses the run, which is no answer', async () => {
  const refusing = tool({
    name: 'look_up',
    description: 'Finds an order.',
    input: z.object({}),
    execute: () => {
      throw new RefuseRun('Not for you.');
    },
  });
  const agent = (await createAgent([respond.call('look_up')])).with({ tools: [refusing] });
  const chunks = await readChunks(uiMessageStream(agent.run('Look.')));

  expect(chunks).toContainEqual({ type: 'text-delta', id: 'refusal', delta: 'Not for you.' });
  expect(chunks.at(-1)).toMatchObject({
    type: 'finish',
    finishReason: 'error',
    messageMetadata: { status: 'refused' },
  });
});

test.each([
  ['One two three.', ['One two three.']],
  ['Another answer.', ['One two ', 'Another answer.']],
])(
  'for ai 6, which cannot remove a text, a second attempt that writes %j goes on or begins anew',
  async (text, shown) => {
    const agent = await createAgent([
      respond.cut(respond.text('One two four.'), { afterChunks: 2 }),
      respond.text(text),
    ]);
    const response = uiMessageStream(agent.with({ retry: { initialDelayMs: 1 } }).run('Count.'), { sdk: 6 });

    const texts = new Map<string, string>();
    for (const chunk of await readChunks(response)) {
      if (chunk.type === 'text-delta') texts.set(chunk.id, `${texts.get(chunk.id) ?? ''}${chunk.delta}`);
    }
    expect([...texts.values()]).toEqual(shown);
  },
);

test('for ai 6, a call that was discarded is closed', async () => {
  const first = respond.calls([
    { name: 'look_up', arguments: { order: '7' } },
    { name: 'look_up', arguments: { order: '8' } },
  ]);
  const agent = await createAgent([
    respond.cut(first, { afterChunks: 5 }),
    respond.call('look_up', { order: '9' }),
    respond.text('Found.'),
  ]);
  const chunks = await readChunks(
    uiMessageStream(agent.with({ retry: { initialDelayMs: 1 } }).run('Look.'), { sdk: 6 }),
  );

  const started = chunks.flatMap((chunk) => (chunk.type === 'tool-input-start' ? [chunk.toolCallId] : []));
  const ended = chunks.flatMap((chunk) =>
    chunk.type.startsWith('tool-output-') && 'toolCallId' in chunk ? [chunk.toolCallId] : [],
  );
  expect(new Set(started).size).toBe(2);
  expect(new Set(ended)).toEqual(new Set(started));
});

test('leaves the results of calls out', async () => {
  const agent = await createAgent([respond.call('look_up', { order: '7' }), respond.text('Found.')]);
  const chunks = await readChunks(uiMessageStream(agent.run('Look.'), { toolOutput: 'status' }));

  expect(JSON.stringify(chunks)).not.toContain('secret');
  expect(chunks).toContainEqual({
    type: 'tool-output-available',
    toolCallId: expect.stringMatching(/\.1\.0$/),
    output: { status: 'finished' },
  });
});

test.each(['all', 'pending'] as const)('shows %s calls of an agent that is a tool', async (innerCalls) => {
  const inner = await createAgent([respond.call('look_up', { order: '7' }), respond.text('Inner text.')]);
  const agent = new Agent({
    model: scriptedModel([respond.call('research', { prompt: 'Look.' }), respond.text('Done.')]),
    tools: [inner.asTool({ name: 'research', description: 'Looks.' })],
  });
  const chunks = await readChunks(uiMessageStream(agent.run('Look.'), { innerCalls }));

  const calls = chunks.flatMap((chunk) => (chunk.type === 'tool-input-available' ? [chunk.toolName] : []));
  expect(calls).toEqual(innerCalls === 'all' ? ['research', 'look_up'] : ['research']);
  expect(chunks.filter(({ type }) => type === 'text-delta')).not.toContainEqual(
    expect.objectContaining({ delta: expect.stringContaining('Inner') }),
  );
});

test('encodes the same event from the same state the same way: a state is not changed', async () => {
  const agent = await createAgent([respond.call('look_up', { order: '7' }), respond.text('Found.')]);
  const events: RunEvent[] = [];
  const run = agent.run('Look.');
  for await (const event of run) events.push(event);

  let state = createUiState();
  for (const event of events) {
    const before = structuredClone(state);
    const first = encodeUiEvent(state, event);
    expect(encodeUiEvent(state, event)).toEqual(first);
    expect(state).toEqual(before);
    state = first.state;
  }
});

test('converts the messages of a conversation to messages that ai accepts', async () => {
  const messages: readonly Message[] = [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      ],
    },
    {
      role: 'assistant',
      content: 'Let me look.',
      reasoning_content: 'Hm.',
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look_up', arguments: '{"order":"7"}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: '{"cents":2900}' },
    { role: 'assistant', content: 'A chair.' },
    { role: 'user', content: 'Thanks.' },
  ];
  const converted = toUiMessages(messages);

  expect(await validateUIMessages({ messages: converted })).toHaveLength(3);
  expect(converted.map(({ id, role }) => `${id} ${role}`)).toEqual([
    'message-1 user',
    'message-2 assistant',
    'message-5 user',
  ]);
  expect(converted[1]?.parts).toEqual([
    { type: 'step-start' },
    { type: 'reasoning', id: '2.reasoning', text: 'Hm.', state: 'done' },
    { type: 'text', text: 'Let me look.', state: 'done' },
    {
      type: 'dynamic-tool',
      toolName: 'look_up',
      toolCallId: 'call_1',
      state: 'output-available',
      input: { order: '7' },
      output: { cents: 2_900 },
    },
    { type: 'step-start' },
    { type: 'text', text: 'A chair.', state: 'done' },
  ]);
});
