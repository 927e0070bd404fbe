import {
  AbortRun,
  Agent,
  ConfigError,
  contentParts,
  conversation,
  memoryConversations,
  memoryHost,
  openai,
  tool,
} from '@pawl/core';
import type { ChatRequest, Message } from '@pawl/core/chat';
import { compactByReference, compactBySummary, type Middleware } from '@pawl/core/middleware';
import { checkHistory, offlineServer, respond, scriptedModel } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createRandom } from '../loop/random.ts';
import { findFirstWords, generateConversation } from './generate-conversation.ts';

/** Eight questions with their answers, and one more. */
const chat: readonly Message[] = [
  ...Array.from({ length: 8 }, (_, index): Message[] => [
    { role: 'user', content: `question ${index} ${'x '.repeat(200)}` },
    { role: 'assistant', content: `answer ${index} ${'y '.repeat(200)}` },
  ]).flat(),
  { role: 'user', content: 'last' },
];

function summariesOf({ requests }: { readonly requests: readonly ChatRequest[] }): number {
  return requests.filter(({ messages }) => String(messages[0]?.content).startsWith('Summarize')).length;
}

function isSummary({ content }: Message): boolean {
  return String(content).startsWith('Summary of the conversation so far:');
}

test.each([
  { what: 'cut off', given: respond.text('The user wants', { finishReason: 'length' }), requests: 2 },
  {
    what: 'cut off, by the finish reason of a vendor',
    given: respond.text('They', { finishReason: 'MAX_TOKENS' }),
    requests: 2,
  },
  { what: 'filtered', given: respond.filtered('They'), requests: 2 },
  { what: 'refused', given: respond.refusal('No.'), requests: 2 },
  { what: 'empty', given: respond.text(' '), requests: 2 },
  { what: 'only calls', given: respond.call('look'), requests: 2 },
  { what: 'an error of the server', given: respond.httpError(503), requests: 1 },
])('sends the request unchanged if the summary is $what', async ({ given, requests }) => {
  const summariser = scriptedModel(() => given);
  const model = scriptedModel(() => respond.text('fine'));
  const middleware = [compactBySummary({ contextWindow: 2_000, keepTurns: 2, model: summariser })];
  const outcome = await new Agent({ model, retry: { maxAttempts: 1 }, middleware }).run(chat).outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'fine' });
  expect(outcome.messages.slice(0, -1)).toEqual(chat);
  expect(summariser.requests).toHaveLength(requests);
  expect(outcome.usage.requests).toBe(given.type === 'message' ? requests + 1 : 1);
});

test('requests a shorter summary if the first one is cut off', async () => {
  const summariser = scriptedModel([respond.truncated('The user'), respond.text('They asked eight questions.')]);
  const model = scriptedModel([respond.text('fine')]);
  const middleware = [compactBySummary({ contextWindow: 2_000, keepTurns: 2, model: summariser })];
  const { messages } = await new Agent({ model, middleware }).run(chat);
  expect(messages[0]?.content).toBe('Summary of the conversation so far:\nThey asked eight questions.');
  expect(String(summariser.requests[1]?.messages[0]?.content)).toContain('much shorter');
});

test('retries a failed summary in the next turn', async () => {
  const summariser = scriptedModel([respond.httpError(400), respond.text('They asked eight questions.')]);
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    effect: 'read',
    execute: () => 'seen',
  });
  const model = scriptedModel([respond.call('look'), respond.text('fine')]);
  const middleware = [compactBySummary({ contextWindow: 2_000, threshold: 0.5, keepTurns: 2, model: summariser })];
  const { messages } = await new Agent({ model, tools: [look], middleware }).run(chat);
  expect(model.requests[0]?.messages).toEqual(chat);
  expect(messages.filter(isSummary)).toHaveLength(1);
  summariser.assertDone();
});

test('fails with the error of the server if a long request cannot be summarized', async () => {
  const tooLong = respond.httpError(400, { code: 'context_length_exceeded', message: 'Too long.' });
  const model = scriptedModel([tooLong]);
  const middleware = [compactBySummary({ contextWindow: 1_000_000, model: scriptedModel(() => respond.text('')) })];
  const outcome = await new Agent({ model, middleware }).run(chat).outcome();
  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'ContextLengthError' } });
});

test.each([
  { what: 'a mistake in the definition', error: new ConfigError('No key.'), status: 'failed' },
  { what: 'an AbortRun', error: new AbortRun('Enough.'), status: 'aborted' },
])('ends the run for $what during a summary', async ({ error, status }) => {
  const summariser = scriptedModel(() => Promise.reject(error));
  const middleware = [compactBySummary({ contextWindow: 2_000, keepTurns: 2, model: summariser })];
  const outcome = await new Agent({ model: scriptedModel([respond.text('fine')]), middleware }).run(chat).outcome();
  expect(outcome.status).toBe(status);
});

test('ends the run immediately on an abort during a summary', async () => {
  const controller = new AbortController();
  const summariser = scriptedModel(() => {
    controller.abort(new Error('Enough.'));
    return new Promise<never>(() => undefined);
  });
  const middleware = [compactBySummary({ contextWindow: 2_000, keepTurns: 2, model: summariser })];
  const agent = new Agent({ model: scriptedModel([]), middleware });
  const outcome = await agent.run(chat, { signal: controller.signal }).outcome();
  expect(outcome).toMatchObject({ status: 'aborted', reason: 'Enough.' });
});

test.each([1_200, 2_600, 4_000, 100_000])(
  'under a limit of %i tokens a run with summaries ends, and stays within it',
  async (tokens) => {
    const count = ({ messages }: ChatRequest): number => Math.ceil(JSON.stringify(messages).length / 4);
    const usageOf = (request: ChatRequest) => ({
      prompt_tokens: count(request),
      completion_tokens: 5,
      total_tokens: count(request) + 5,
    });
    const model = scriptedModel((request) =>
      String(request.messages[0]?.content).startsWith('Summarize')
        ? respond.text('They asked.', { usage: usageOf(request) })
        : respond.text('fine', { usage: usageOf(request) }),
    );
    const middleware = [compactBySummary({ contextWindow: 2_000, keepTurns: 2 })];
    const outcome = await new Agent({ model, middleware, limits: { tokens } }).run(chat).outcome();
    expect(outcome.status).toBe(tokens < 2_000 ? 'limited' : 'completed');
    expect(outcome.usage.totalTokens).toBeLessThanOrEqual(tokens);
  },
);

test('keeps instructions, the last user message and whole calls of generated conversations, with well-formed texts', async () => {
  let changed = 0;
  for (let seed = 1; seed <= 250; seed++) {
    const random = createRandom(seed);
    const history = generateConversation(random);
    const basics = { contextWindow: 200 + random(3_000), keepTurns: 1 + random(4) };
    const summariser = scriptedModel(() => respond.text('S'.repeat(1 + random(600))));
    const references = compactByReference({ ...basics, minLength: 200 + random(400) });
    const middleware = [...(random(2) === 0 ? [references] : []), compactBySummary({ ...basics, model: summariser })];
    const model = scriptedModel([respond.text('Done.')]);
    const outcome = await new Agent({ model, tools: [...references.tools], middleware }).run(history);
    const { messages } = model.requests[0] as ChatRequest;
    expect({ seed, faults: checkHistory(messages) }).toEqual({ seed, faults: [] });
    expect(outcome.messages.slice(0, -1)).toEqual(messages);
    const kept = findFirstWords(history, ['system', 'developer']);
    expect({ seed, kept: findFirstWords(messages, ['system', 'developer']) }).toEqual({ seed, kept });
    const [last = ''] = findFirstWords(history, ['user']).slice(-1);
    expect({ seed, last: findFirstWords(messages, ['user']).slice(-1) }).toEqual({ seed, last: [last] });
    for (const request of [...model.requests, ...summariser.requests]) {
      expect(JSON.stringify(request).isWellFormed() && !JSON.stringify(request).includes('\\ud')).toBe(true);
    }
    if (summariser.requests.length === 0) continue;
    changed++;
    const asked = JSON.stringify(summariser.requests.map(({ messages: [, asked] }) => asked?.content));
    for (const instruction of kept) expect(asked).not.toContain(instruction);
    // The model that summarizes has read the removed messages.
    const gone = findFirstWords(history, ['user', 'assistant']).filter(
      (word) => !findFirstWords(messages, ['user', 'assistant']).includes(word),
    );
    if (messages.some(isSummary)) for (const text of gone) expect(asked).toContain(text);
  }
  expect(changed).toBeGreaterThan(60);
});

test('does not take a message of the loop for the last user message', async () => {
  const picture = tool({
    name: 'picture',
    description: 'Takes a picture.',
    input: z.object({ of: z.string() }),
    effect: 'read',
    execute: () => contentParts({ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }),
  });
  const pictures = ['a', 'b', 'c', 'd'].map((of) => respond.call('picture', { of: of.repeat(400) }));
  const model = scriptedModel([...pictures, respond.text('Done.')]);
  const summariser = scriptedModel(() => respond.text('Pictures were taken.'));
  const middleware = [compactBySummary({ contextWindow: 500, threshold: 0.5, keepTurns: 1, model: summariser })];
  await new Agent({ model, tools: [picture], middleware }).run('Take pictures.');
  expect(summariser.requests.length).toBeGreaterThan(0);
  for (const { messages } of model.requests)
    expect(messages).toContainEqual({ role: 'user', content: 'Take pictures.' });
  for (const { messages } of summariser.requests) expect(String(messages[1]?.content)).not.toContain('Take pictures.');
  expect(String(summariser.requests[0]?.messages[1]?.content)).toContain('[image]');
});

test('summarizes old user messages even without an answer between them', async () => {
  const call = (id: string) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } }) as const;
  const history = Array.from({ length: 20 }, (_, index): Message[] => [
    { role: 'user', content: `question ${index} ${'x '.repeat(100)}` },
    { role: 'assistant', content: null, tool_calls: [call(`call_${index}`)] },
    { role: 'tool', tool_call_id: `call_${index}`, content: 'y '.repeat(100) },
  ]).flat();
  const model = scriptedModel([respond.text('fine')]);
  const middleware = [
    compactBySummary({ contextWindow: 1_000, keepTurns: 1, model: scriptedModel(() => respond.text('They looked.')) }),
  ];
  await new Agent({ model, middleware }).run([...history, { role: 'user', content: 'last' }]);
  const sent = model.requests[0]?.messages ?? [];
  expect(sent.filter(({ role }) => role === 'user').map(({ content }) => String(content).slice(0, 11))).toEqual([
    'Summary of ',
    'question 16',
    'question 17',
    'question 18',
    'question 19',
    'last',
  ]);
});

test('keeps a message object that occurs several times', async () => {
  const again: Message = { role: 'user', content: `Go on. ${'x '.repeat(200)}` };
  const answer: Message = { role: 'assistant', content: 'y '.repeat(200) };
  const model = scriptedModel([respond.text('fine')]);
  const summariser = scriptedModel([respond.text('They went on.')]);
  const middleware = [compactBySummary({ contextWindow: 500, keepTurns: 1, model: summariser })];
  await new Agent({ model, middleware }).run([again, answer, again, answer, again, answer, again]);
  expect(model.requests[0]?.messages.map(({ role }) => role)).toEqual(['user', 'user', 'assistant', 'user']);
  expect(model.requests[0]?.messages.at(-1)).toEqual(again);
});

/** Answers as a model with that window does: a prompt that is longer is refused. */
async function windowed(window: number) {
  const server = await offlineServer({
    script: ({ messages }) => {
      const prompt = Math.ceil(messages.reduce((sum, { content }) => sum + String(content).length, 0) / 4);
      if (prompt > window) return respond.httpError(400, { code: 'context_length_exceeded', message: 'Too long.' });
      const [system, asked] = messages;
      if (!String(system?.content).startsWith('Summarize')) return respond.text('fine');
      const numbers = [...String(asked?.content).matchAll(/(?:question|upto) (\d+)/g)].map(([, digits]) =>
        Number(digits),
      );
      return respond.text(`upto ${Math.max(-1, ...numbers)}`);
    },
  });
  onTestFinished(() => server.close());
  return { server, model: openai('m', { baseURL: server.baseURL, apiKey: 'k' }) };
}

const long: readonly Message[] = [
  ...Array.from({ length: 60 }, (_, index): Message[] => [
    { role: 'user', content: `question ${index} ${'x '.repeat(200)}` },
    { role: 'assistant', content: `answer ${index} ${'y '.repeat(200)}` },
  ]).flat(),
  { role: 'user', content: `${'one message alone is longer than the window '.repeat(400)} question 77` },
  { role: 'assistant', content: 'Well.' },
  { role: 'user', content: 'So?' },
  { role: 'assistant', content: 'So.' },
  { role: 'user', content: 'last' },
];

test.each([
  { what: 'contextWindow', options: { contextWindow: 2_000 } },
  { what: 'modelContextWindow', options: { contextWindow: 30_000, threshold: 0.3, modelContextWindow: 2_000 } },
  { what: 'the context window that only the server knows', options: { contextWindow: 30_000, threshold: 0.3 } },
])('summarizes a conversation longer than $what in parts', async ({ options }) => {
  const { server, model } = await windowed(2_000);
  const main = scriptedModel([respond.text('fine')]);
  const middleware = [compactBySummary({ ...options, keepTurns: 1, model })];
  const { messages } = await new Agent({ model: main, middleware }).run(long);
  expect(messages[0]?.content).toBe('Summary of the conversation so far:\nupto 77');
  expect(messages).toHaveLength(5);
  expect(server.requests.length).toBeGreaterThan(5);
  expect(server.requests.length).toBeLessThan(60);
});

test('does not repeat a summary that cannot help', async () => {
  let turns = 0;
  const model = scriptedModel(({ messages }) => {
    if (String(messages[0]?.content).startsWith('Summarize')) return respond.text('S '.repeat(300));
    const size = Math.ceil(JSON.stringify(messages).length / 4);
    const usage = { prompt_tokens: size, completion_tokens: 5, total_tokens: size + 5 };
    return turns++ < 19 ? respond.call('big', { n: turns }, { usage }) : respond.text('end', { usage });
  });
  const big = tool({
    name: 'big',
    description: 'Big.',
    input: z.object({ n: z.number() }),
    effect: 'read',
    execute: () => 'z'.repeat(3_000),
  });
  // The last four requests alone have some 3,100 tokens.
  const middleware = [compactBySummary({ contextWindow: 3_000, keepTurns: 4, modelContextWindow: 10_000 })];
  await new Agent({ model, tools: [big], middleware }).run('Go.', { limits: { turns: 30 } });
  expect(turns).toBe(20);
  expect(summariesOf(model)).toBeGreaterThan(1);
  expect(summariesOf(model)).toBeLessThanOrEqual(5);
});

test('repeats a useless summary only after the older part has grown, even in a resumed run', async () => {
  const host = memoryHost();
  let turns = 0;
  const model = scriptedModel(({ messages }) => {
    if (String(messages[0]?.content).startsWith('Summarize')) return respond.text('S '.repeat(20_000));
    return respond.call(++turns % 3 === 0 ? 'wait' : 'big', { n: turns });
  });
  const input = z.object({ n: z.number() });
  const big = tool({ name: 'big', description: 'Big.', input, effect: 'read', execute: () => 'z'.repeat(600) });
  const wait = tool({ name: 'wait', description: 'Waits.', input });
  const middleware = [compactBySummary({ contextWindow: 3_000, threshold: 0.3, keepTurns: 2 })];
  const agent = new Agent({ model, tools: [big, wait], middleware });
  const options = { host, limits: { turns: 24 } };
  let outcome = await agent.run('Go.', { ...options, runId: 'run' }).outcome();
  while (outcome.status === 'suspended') {
    const [{ id, fingerprint } = { id: '', fingerprint: '' }] = outcome.pending;
    await host.answer('run', id, { type: 'result', fingerprint, value: 'z'.repeat(600) });
    outcome = await agent.resume('run', options).outcome();
  }
  expect(outcome.status).toBe('limited');
  expect(summariesOf(model)).toBeGreaterThan(1);
  expect(summariesOf(model)).toBeLessThan(8);
});

test('restores the memory of middleware in a resumed run', async () => {
  const host = memoryHost();
  const seen: unknown[] = [];
  const counting: Middleware = {
    prepareTurn: (turn) => {
      seen.push(turn.memory);
      return { ...turn, memory: { ...turn.memory, count: Number(turn.memory?.['count'] ?? 0) + 1 } };
    },
  };
  const wait = tool({ name: 'wait', description: 'Waits.', input: z.object({}) });
  const agent = new Agent({
    model: scriptedModel([respond.call('wait'), respond.text('Done.')]),
    tools: [wait],
    middleware: [counting],
  });
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  const [{ id, fingerprint } = { id: '', fingerprint: '' }] = outcome.status === 'suspended' ? outcome.pending : [];
  await host.answer('run', id, { type: 'result', fingerprint, value: 1 });
  await agent.resume('run', { host });
  expect(seen).toEqual([{}, { count: 1 }]);
});

test.each([
  ['a date', new Date(0)],
  ['a function', () => 1],
  ['a value without a JSON form', Number.NaN],
])('fails the run if the memory contains %s', async (_, value) => {
  const wrong: Middleware = { prepareTurn: (turn) => ({ ...turn, memory: { value: value as never } }) };
  const outcome = await new Agent({ model: scriptedModel([]), middleware: [wrong] }).run('Go.').outcome();
  expect(outcome).toMatchObject({
    status: 'failed',
    error: { name: 'ConfigError', message: expect.stringContaining('memory that is not a JSON object') },
  });
});

test('stores the summary, all instructions and later messages, so that the conversation can continue', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = createRandom(seed);
    const history = generateConversation(random);
    const sent = conversation({ id: 'chat', store: memoryConversations() });
    await sent.append(history);
    const summariser = scriptedModel(() => respond.text('They talked.'));
    const middleware = [
      compactBySummary({ contextWindow: 300 + random(800), keepTurns: 1 + random(2), model: summariser }),
    ];
    const agent = new Agent({ model: scriptedModel(() => respond.text('Well.')), middleware });
    for (const words of ['word1001 .', 'word1002 .', 'word1003 .']) {
      const { messages } = await agent.run(words, { conversation: sent });
      const stored = await sent.getMessages();
      expect(stored).toEqual(messages);
      expect({ seed, faults: checkHistory(stored) }).toEqual({ seed, faults: [] });
      expect(findFirstWords(stored, ['system', 'developer'])).toEqual(findFirstWords(history, ['system', 'developer']));
      expect(JSON.stringify(stored)).toContain(words);
    }
  }
});

test.each([0, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s as modelContextWindow', (modelContextWindow) => {
  expect(() => compactBySummary({ contextWindow: 1_000, modelContextWindow })).toThrow(
    `compactBySummary: modelContextWindow is ${modelContextWindow}.`,
  );
});
