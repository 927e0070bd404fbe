import {
  Agent,
  type AgentOptions,
  contentParts,
  conversation,
  memoryConversations,
  memoryHost,
  type Run,
  tool,
} from '@pawl/core';
import type { ChatRequest, Message } from '@pawl/core/chat';
import { compactBySummary, inputGuard, lastMessages, summarizeHistory, toolSearch } from '@pawl/core/middleware';
import { checkHistory, respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createRandom, type Random } from '../loop/random.ts';
import { findFirstWords, generateConversation } from '../run/generate-conversation.ts';

type View =
  NonNullable<Parameters<Agent['asHandoff']>[0]> extends { readonly inputFilter?: infer Sees } ? Sees & object : never;
type Options = Partial<AgentOptions<unknown, string>>;

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'seen' });
const toBilling = respond.call('transfer_to_billing');

interface Desk {
  readonly inputFilter?: View;
  readonly desk?: readonly ScriptedModelResponse[];
  readonly billing?: readonly ScriptedModelResponse[];
  readonly own?: Options;
}

/** A desk that hands over to billing, and what billing is sent. */
function desk({ inputFilter, desk = [toBilling], billing = [respond.text('Paid.')], own = {} }: Desk) {
  const deskModel = scriptedModel(desk);
  const billingModel = scriptedModel(billing);
  const other = new Agent({ name: 'billing', model: billingModel, ...own });
  const handoffs = [other.asHandoff(inputFilter === undefined ? {} : { inputFilter })];
  return { agent: new Agent({ name: 'desk', model: deskModel, tools: [look], handoffs }), deskModel, billingModel };
}

function contentsOf({ messages }: Pick<ChatRequest, 'messages'>): readonly string[] {
  return messages.map(({ content }) => String(content));
}

test('keeps the last user message visible with lastMessages, and every message in the conversation', async () => {
  const { agent, billingModel } = desk({
    inputFilter: lastMessages(6),
    desk: [respond.call('look'), respond.call('look'), respond.calls([{ name: 'look' }, { name: 'look' }]), toBilling],
  });
  const chat = conversation({ id: 'chat', store: memoryConversations() });
  const outcome = await agent.run('Did I pay bill 7?', { conversation: chat });
  expect(billingModel.requests[0]?.messages[0]).toEqual({ role: 'user', content: 'Did I pay bill 7?' });
  expect(billingModel.requests[0]?.messages).toHaveLength(8); // The sixth from the end is a result, which stays with its call.
  expect(outcome.messages).toHaveLength(11);
  expect(outcome.messages[0]?.content).toBe('Did I pay bill 7?');
  expect(await chat.getMessages()).toEqual(outcome.messages);
});

test('keeps steering messages visible together with the last user message', async () => {
  const { agent, billingModel } = desk({
    inputFilter: lastMessages(1),
    desk: [respond.call('look'), respond.call('look'), toBilling],
  });
  const run = agent.run('Did I pay bill 7?');
  run.on('tool.finished', ({ turn }) => {
    if (turn === 1) void run.steer('And bill 8?');
  });
  await run;
  expect(contentsOf(billingModel.requests[0] as ChatRequest)).toEqual([
    'Did I pay bill 7?',
    'And bill 8?',
    'null',
    'Handed over to billing.',
  ]);
});

test('does not take images of a tool for the last user message, and keeps them with their call', async () => {
  const picture = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    effect: 'read',
    execute: () => contentParts({ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }),
  });
  const deskModel = scriptedModel([respond.calls([{ name: 'look' }, { name: 'transfer_to_billing' }])]);
  const billingModel = scriptedModel([respond.text('Paid.')]);
  const billing = new Agent({ name: 'billing', model: billingModel });
  const handoffs = [billing.asHandoff({ inputFilter: lastMessages(1) })];
  await new Agent({ name: 'desk', model: deskModel, tools: [picture], handoffs }).run('Did I pay?');
  expect(billingModel.requests[0]?.messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'tool',
    'user',
  ]);
  expect(billingModel.requests[0]?.messages[0]?.content).toBe('Did I pay?');
});

const views: Readonly<Record<string, (random: Random) => View>> = {
  lastMessages: (random) => lastMessages(1 + random(8)),
  summary: () => summarizeHistory({ model: scriptedModel(() => respond.text('They talked.')) }),
  'a summary that fails': () => summarizeHistory({ model: scriptedModel(() => respond.httpError(400)) }),
  'a summary that is cut off': () => summarizeHistory({ model: scriptedModel(() => respond.truncated('They')) }),
  'a summary in parts': () =>
    summarizeHistory({ model: scriptedModel(() => respond.text('T.')), modelContextWindow: 700 }),
  'a filter by role': () => (messages) => messages.filter(({ role }) => role !== 'tool'),
  'a filter for the user': () => (messages) => messages.filter(({ role }) => role === 'user'),
  'a list that is sorted in place': () => (messages) =>
    (messages as Message[]).reverse().filter(({ role }) => role === 'user'),
  'a list that is emptied in place': () => (messages) => (messages as Message[]).splice(-2),
  'copies of the messages': () => (messages) => structuredClone(messages),
  'another message': () => () => [{ role: 'user', content: 'Only this.' }],
};

describe.each(Object.entries(views))('the input filter %s', (_, viewBy) => {
  test('changes only the requests of the next agent, not the outcome or the stored conversation', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = createRandom(seed);
      const history = generateConversation(random);
      const chat = conversation({ id: 'chat', store: memoryConversations() });
      await chat.append(history);
      const before = await chat.getMessages();
      const { agent, billingModel } = desk({
        inputFilter: viewBy(random),
        billing: [respond.call('look'), respond.text('Paid.')],
        own: { tools: [look] },
      });
      const run = agent.run('word1001 and now?', { conversation: chat });
      run.on('handoff.completed', () => run.steer('word1002 from steer.'));
      const { messages } = await run;
      expect({ seed, messages: messages.slice(0, before.length) }).toEqual({ seed, messages: before });
      expect(messages.slice(before.length).map(({ role }) => role)).toEqual([
        'user',
        'assistant',
        'tool',
        'user',
        'assistant',
        'tool',
        'assistant',
      ]);
      expect(await chat.getMessages()).toEqual(messages);
      for (const request of billingModel.requests) {
        expect({ seed, faults: checkHistory(request.messages) }).toEqual({ seed, faults: [] });
        expect(JSON.stringify(request.messages)).toContain('word1002 from steer.');
      }
    }
  });
});

describe.each(Object.entries(views))('the input filter %s, whose agent summarizes what it sees', (_, viewBy) => {
  test('leaves a valid conversation with every message from before the handoff', async () => {
    let summaries = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const random = createRandom(seed);
      const history = generateConversation(random);
      const chat = conversation({ id: 'chat', store: memoryConversations() });
      await chat.append(history);
      const before = await chat.getMessages();
      const writer = scriptedModel(() => respond.text('They talked.'));
      const long = tool({
        name: 'long',
        description: 'L.',
        input: z.object({}),
        effect: 'read',
        execute: () => 'z'.repeat(900),
      });
      const calls = [respond.call('long'), respond.call('long'), respond.call('long')];
      const { agent, billingModel } = desk({
        inputFilter: viewBy(random),
        billing: [...calls, respond.text('Paid.')],
        own: {
          tools: [long],
          middleware: [compactBySummary({ contextWindow: 700, threshold: 0.5, keepTurns: 1, model: writer })],
        },
      });
      const run = agent.run('word1001 and now?', { conversation: chat });
      let isShownLess = false;
      run.on('handoff.completed', ({ edits }) => {
        isShownLess = edits !== undefined;
      });
      const { messages } = await run;
      summaries += writer.requests.length;
      expect(await chat.getMessages()).toEqual(messages);
      expect({ seed, faults: checkHistory(messages) }).toEqual({ seed, faults: [] });
      for (const { messages: sent } of billingModel.requests) expect(checkHistory(sent)).toEqual([]);
      expect(JSON.stringify(messages)).toContain('word1001 and now?');
      // An agent that inputFilter everything makes summaries of everything.
      if (isShownLess) expect({ seed, messages: messages.slice(0, before.length) }).toEqual({ seed, messages: before });
    }
    expect(summaries).toBeGreaterThan(0);
  });
});

test('keeps instructions and unanswered user messages visible in generated conversations', async () => {
  for (let seed = 1; seed <= 120; seed++) {
    const random = createRandom(seed);
    const history = generateConversation(random);
    for (const inputFilter of [
      lastMessages(1 + random(5)),
      summarizeHistory({ model: scriptedModel(() => respond.text('They talked.')) }),
    ]) {
      const { agent, billingModel } = desk({ inputFilter: inputFilter });
      await agent.run([...history, { role: 'user', content: 'word1001 and now?' }]);
      const { messages } = billingModel.requests[0] as ChatRequest;
      const instructions = findFirstWords(history, ['system', 'developer']);
      expect({ seed, kept: findFirstWords(messages, ['system', 'developer']) }).toEqual({ seed, kept: instructions });
      expect(findFirstWords(messages, ['user']).slice(-1)).toEqual(['word1001 ']);
      expect({ seed, faults: checkHistory(messages) }).toEqual({ seed, faults: [] });
    }
  }
});

test('keeps calls of the legacy form with their results', () => {
  const messages: readonly Message[] = [
    { role: 'user', content: 'Go.' },
    { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{}' } },
    { role: 'function', name: 'look', content: 'seen' },
  ];
  expect(lastMessages(1)(messages, {} as never)).toEqual(messages);
});

test('shows the whole conversation to an agent without a filter after a filtered handoff', async () => {
  const seen = new Map<string, number[]>();
  const speaker = (name: string, next: string | undefined) =>
    scriptedModel(({ messages }) => {
      const known = seen.get(name) ?? [];
      seen.set(name, [...known, messages.length]);
      return next === undefined || known.length > 0
        ? respond.text(`${name} answers.`)
        : respond.call(`transfer_to_${next}`);
    });
  const desk: Agent = new Agent({
    name: 'desk',
    model: speaker('desk', 'billing'),
    handoffs: () => [billing.asHandoff({ inputFilter: lastMessages(1) })],
  });
  const billing: Agent = new Agent({ name: 'billing', model: speaker('billing', 'desk'), handoffs: () => [desk] });
  const history: readonly Message[] = [
    { role: 'user', content: 'Hello.' },
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'Did I pay?' },
  ];
  const { messages, agent } = await desk.run(history);
  expect(agent).toBe('desk');
  expect(messages).toHaveLength(8);
  expect(Object.fromEntries(seen)).toEqual({ desk: [3, 7], billing: [3] });
});

test('keeps hidden messages when an agent summarizes what it sees', async () => {
  const chat = conversation({ id: 'chat', store: memoryConversations() });
  const history: readonly Message[] = ['word1', 'word2', 'word3'].flatMap((word): Message[] => [
    { role: 'user', content: `${word} ${'x '.repeat(300)}` },
    { role: 'assistant', content: `${word} ${'y '.repeat(300)}` },
  ]);
  await chat.append(history);
  const writer = scriptedModel(() => respond.text('They talked.'));
  const long = tool({
    name: 'long',
    description: 'L.',
    input: z.object({}),
    effect: 'read',
    execute: () => 'z'.repeat(900),
  });
  const { agent, billingModel } = desk({
    inputFilter: (messages) => messages.filter((message, index) => index !== 2 && message.role !== 'system'),
    billing: [respond.call('long'), respond.call('long'), respond.text('Paid.')],
    own: {
      tools: [long],
      middleware: [compactBySummary({ contextWindow: 900, threshold: 0.5, keepTurns: 1, model: writer })],
    },
  });
  const { messages } = await agent.run('word4 and now?', { conversation: chat });
  expect(writer.requests.length).toBeGreaterThan(0);
  expect(JSON.stringify(billingModel.requests.at(-1)?.messages)).toContain('They talked.');
  const stored = await chat.getMessages();
  expect(stored).toEqual(messages);
  expect(checkHistory(stored)).toEqual([]);
  expect(stored.slice(0, history.length)).toEqual(history);
  expect(JSON.stringify(stored)).toContain('word4 and now?');
});

test('replaces messages in the conversation if a guard of a filtered agent replaces them', async () => {
  const chat = conversation({ id: 'chat', store: memoryConversations() });
  await chat.append([
    { role: 'user', content: 'Hello.' },
    { role: 'assistant', content: 'Hello.' },
  ]);
  const covered = inputGuard({
    name: 'covered',
    mode: 'blocking',
    check: ({ messages }) =>
      messages.some(({ content }) => content === 'The PIN is 1234.')
        ? { type: 'replace', messages: [{ role: 'user', content: 'The PIN is …' }] }
        : { type: 'allow' },
  });
  const { agent, billingModel } = desk({
    inputFilter: lastMessages(1),
    billing: [respond.call('look'), respond.text('Paid.')],
    own: { tools: [look], middleware: [covered] },
  });
  const run = agent.run('Did I pay?', { conversation: chat });
  run.on('handoff.completed', () => run.steer('The PIN is 1234.'));
  const { messages } = await run;
  expect(contentsOf(billingModel.requests[0] as ChatRequest)).toContain('The PIN is …');
  expect(JSON.stringify(messages)).not.toContain('1234');
  expect(JSON.stringify(await chat.getMessages())).not.toContain('1234');
  expect(contentsOf({ messages }).slice(0, 3)).toEqual(['Hello.', 'Hello.', 'Did I pay?']);
});

test('sends tools that were found before a handoff to a filtered agent', async () => {
  const tools = Array.from({ length: 30 }, (_, index) =>
    tool({
      name: `find_${index}`,
      description: `Archive ${index}.`,
      input: z.object({}),
      effect: 'read',
      execute: () => 'found',
    }),
  );
  const search = toolSearch(tools, { threshold: 10 });
  const deskModel = scriptedModel([respond.call('find_7'), respond.call('look'), toBilling]);
  const billingModel = scriptedModel([respond.text('Paid.')]);
  const billing = new Agent({ name: 'billing', model: billingModel, tools: search.tools, middleware: [search] });
  const handoffs = [billing.asHandoff({ inputFilter: lastMessages(1) })];
  await new Agent({ name: 'desk', model: deskModel, tools: [look, ...tools], handoffs }).run('Go.');
  expect(JSON.stringify(billingModel.requests[0]?.tools)).toContain('find_7');
});

test('shows the recorded filter result after a resume, even if the filter would return something else', async () => {
  const host = memoryHost();
  let asked = 0;
  const wait = tool({ name: 'wait', description: 'Waits.', input: z.object({}) });
  const { agent, billingModel } = desk({
    inputFilter: (messages) => [{ role: 'user', content: `View ${++asked}.` }, ...messages.slice(-2)],
    billing: [respond.call('wait'), respond.text('Paid.')],
    own: { tools: [wait] },
  });
  const outcome = await agent.run('Did I pay?', { host, runId: 'run' }).outcome();
  const [{ id, fingerprint } = { id: '', fingerprint: '' }] = outcome.status === 'suspended' ? outcome.pending : [];
  await host.answer('run', id, { type: 'result', fingerprint, value: 'yes' });
  const { messages } = await (agent.resume('run', { host }) as Run<string>);
  expect(asked).toBe(1);
  expect(contentsOf(billingModel.requests[1] as ChatRequest)[0]).toBe('View 1.');
  expect(contentsOf({ messages })[0]).toBe('Did I pay?');
  expect(JSON.stringify(messages)).not.toContain('View 1.');
});

test.each([
  { what: 'nothing', gives: () => undefined, message: 'Agent "billing": inputFilter returned undefined.' },
  { what: 'a text', gives: () => 'all', message: 'Agent "billing": inputFilter returned "all".' },
  { what: 'a value that is not a message', gives: () => ['all'], message: 'messages[0] has no role' },
])('fails the run if the input filter returns $what', async ({ gives, message }) => {
  const { agent } = desk({ inputFilter: gives as never });
  const outcome = await agent.run('Go.').outcome();
  expect(outcome).toMatchObject({
    status: 'failed',
    error: { name: 'ConfigError', message: expect.stringContaining(message) },
  });
});
