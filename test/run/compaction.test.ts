import { Agent, type RunEvent, tool } from '@pawl/core';
import type { ChatRequest, Message } from '@pawl/core/chat';
import { compactByReference, compactBySummary } from '@pawl/core/middleware';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';
import { createRandom, type Random } from '../loop/random.ts';

const long = 'A long story. '.repeat(400);

const read = tool({
  name: 'read',
  description: 'Reads a page.',
  input: z.object({ page: z.number() }),
  effect: 'read',
  execute: ({ page }) => `${page}: ${long}`,
});

/** Reads so many pages, then answers; its prompts are counted by their length. */
function reader(pages: number) {
  return scriptedModel(({ messages }) => {
    const seen = messages.flatMap(({ role, content }) => (role === 'tool' ? [String(content).split(':')[0]] : []));
    const received = /pages up to (\d+)/.exec(JSON.stringify(messages))?.[1];
    const next = Math.max(Number(received ?? 0), ...seen.map(Number).filter((page) => !Number.isNaN(page)), 0) + 1;
    const prompt = Math.ceil(JSON.stringify(messages).length / 4);
    const usage = { prompt_tokens: prompt, completion_tokens: 5, total_tokens: prompt + 5 };
    return next > pages ? respond.text('Read all.', { usage }) : respond.call('read', { page: next }, { usage });
  });
}

function writer() {
  return scriptedModel(({ messages }) => {
    const pages = [...JSON.stringify(messages).matchAll(/(\d+): A long|pages up to (\d+)/g)].map(([, a, b]) =>
      Number(a ?? b),
    );
    return respond.text(`They read pages up to ${Math.max(0, ...pages)}.`);
  });
}

test('continues a conversation that fills the context window from a summary, and keeps its end', async () => {
  const model = reader(12);
  const summaries = writer();
  const middleware = [compactBySummary({ contextWindow: 10_000, keepTurns: 2, model: summaries })];
  const agent = new Agent({ model, tools: [read], middleware, instructions: 'Read.' });
  const planned: RunEvent[] = [];
  const run = agent.run('Read it all.');
  run.on('turn.prepared', (event) => planned.push(event));
  const outcome = await run;
  expect(outcome.output).toBe('Read all.');
  expect(summaries.requests.length).toBeGreaterThan(1);
  const edits = planned.filter((event) => 'edits' in event);
  expect(edits).toHaveLength(summaries.requests.length);
  for (const { messages } of model.requests) {
    expect(JSON.stringify(messages).length / 4).toBeLessThan(10_000);
    expect(messages[0]).toEqual({ role: 'system', content: 'Read.' });
    expect(checkHistory(messages.slice(1))).toEqual([]);
    expect(messages.filter(({ content }) => content === 'Read it all.')).toHaveLength(1);
  }
  expect(checkHistory(outcome.messages)).toEqual([]);
  expect(outcome.usage.requests).toBe(model.requests.length + summaries.requests.length);
});

test('keeps the beginning of the prompt unchanged between two summaries', async () => {
  const model = reader(12);
  const middleware = [compactBySummary({ contextWindow: 10_000, keepTurns: 2, model: writer() })];
  await new Agent({ model, tools: [read], middleware }).run('Read it all.');
  const changed = model.requests.filter(({ messages }, index) => {
    const before = model.requests[index - 1]?.messages ?? [];
    return before.some((message, at) => JSON.stringify(message) !== JSON.stringify(messages[at]));
  });
  expect(changed.length).toBeGreaterThan(0);
  expect(changed.length).toBeLessThan(model.requests.length / 2);
});

test('replaces large results by references that the model can read in parts', async () => {
  const references = compactByReference({ contextWindow: 4_000, keepTurns: 1, minLength: 1_000 });
  const usage = { prompt_tokens: 3_900, completion_tokens: 5, total_tokens: 3_905 };
  const id = 'call_page';
  const model = scriptedModel([
    respond.calls([{ name: 'read', arguments: { page: 1 }, id }]),
    respond.calls([{ name: 'read', arguments: { page: 2 } }], { usage }),
    respond.call('read_result', { id }),
    respond.call('read_result', { id, from: 5_000 }),
    respond.call('read_result', { id: 'nothing' }),
    respond.text('Done.'),
  ]);
  const agent = new Agent({ model, tools: [read, ...references.tools], middleware: [references] });
  const { messages } = await agent.run('Read.');
  const results = messages.flatMap((message) => (message.role === 'tool' ? [String(message.content)] : []));
  expect(results[0]).toContain('characters in all. Read them with read_result({"id":"call_page","from":0})]');
  expect(results[0]?.length).toBeLessThan(400);
  expect(results[2]).toBe(`1: ${long}`);
  expect(results[3]).toBe(`1: ${long}`.slice(5_000));
  expect(results[4]).toBe('There is no result "nothing". Repeat the original call.');
  expect(checkHistory(messages)).toEqual([]);
});

test('never makes a reference longer than its result, or splits a character', async () => {
  const references = compactByReference({ contextWindow: 400, threshold: 0.1, keepTurns: 1, minLength: 200 });
  const emoji = `${'a'.repeat(199)}${'🎉'.repeat(5_000)}`;
  const page = tool({
    name: 'page',
    description: 'A page.',
    input: z.object({ n: z.number() }),
    effect: 'read',
    execute: ({ n }) => (n === 1 ? emoji : 'b'.repeat(210)),
  });
  const ids = { first: 'call_first', second: 'call_second' };
  const model = scriptedModel([
    respond.calls([{ name: 'page', arguments: { n: 1 }, id: ids.first }]),
    respond.calls([{ name: 'page', arguments: { n: 2 }, id: ids.second }]),
    respond.call('read_result', { id: ids.first, from: 200 }),
    respond.call('read_result', { id: ids.first, from: 100_000 }),
    respond.text('Done.'),
  ]);
  const agent = new Agent({ model, tools: [page, ...references.tools], middleware: [references] });
  const { messages } = await agent.run('Go.');
  const results = messages.flatMap((message) => (message.role === 'tool' ? [String(message.content)] : []));
  expect(results[0]).toContain('Read them with read_result');
  expect(results[1]).toBe('b'.repeat(210));
  expect(results[3]).toBe('The result "call_first" has 10199 characters. Use a smaller "from".');
  for (const { messages: sent } of model.requests) expect(JSON.stringify(sent)).not.toContain('\\ud');
});

test.each(hosts)('keeps the summary and the referenced results across a suspension, on $name', async ({ open }) => {
  const host = open();
  const references = compactByReference({ contextWindow: 4_000, keepTurns: 1, minLength: 1_000 });
  const summaries = writer();
  const ask = tool({ name: 'ask', description: 'Asks.', input: z.object({}) });
  const usage = { prompt_tokens: 3_900, completion_tokens: 5, total_tokens: 3_905 };
  const id = 'call_page';
  const model = scriptedModel([
    respond.calls([{ name: 'read', arguments: { page: 1 }, id }]),
    respond.calls([{ name: 'read', arguments: { page: 2 } }], { usage }),
    respond.call('ask', {}),
    respond.call('read_result', { id, from: 5_000 }),
    respond.text('Done.'),
  ]);
  const middleware = [
    references,
    compactBySummary({ contextWindow: 4_000, keepTurns: 1, threshold: 1, model: summaries }),
  ];
  const agent = new Agent({ model, tools: [read, ask, ...references.tools], middleware });
  const suspended = await agent.run('Read.', { host, runId: 'run' }).outcome();
  const [pending] = suspended.status === 'suspended' ? suspended.pending : [];
  const { id: waits = '', fingerprint = '' } = pending ?? {};
  await host.answer('run', waits, { type: 'result', fingerprint, value: 'Yes.' });
  const before = summaries.requests.length;
  const { messages, output } = await agent.resume('run', { host });
  expect([output, summaries.requests.length]).toEqual(['Done.', before]);
  expect(JSON.stringify(messages)).toContain(JSON.stringify(`1: ${long}`.slice(5_000)).slice(1, -1));
});

test.each([
  ['a model of choice', true],
  ['the model of the turn', false],
])('summarizes a prompt that the server rejects as too long by %s, and retries once', async (_, isOwn) => {
  const tooLong = respond.httpError(400, { code: 'context_length_exceeded', message: 'Too long.' });
  const answers = isOwn ? [] : [respond.text('They read pages up to 1.')];
  const model = scriptedModel([tooLong, ...answers, respond.text('Short enough.')]);
  const chosen = isOwn ? { model: writer() } : {};
  const middleware = [compactBySummary({ contextWindow: 1_000_000, keepTurns: 1, ...chosen })];
  const history: Message[] = [
    { role: 'user', content: `1: ${long}` },
    { role: 'assistant', content: 'Yes.' },
    { role: 'user', content: 'And?' },
    { role: 'assistant', content: 'Well.' },
    { role: 'user', content: 'So?' },
  ];
  const { output } = await new Agent({ model, middleware }).run(history);
  expect(output).toBe('Short enough.');
  expect(model.requests.at(-1)?.messages[0]).toEqual({
    role: 'user',
    content: 'Summary of the conversation so far:\nThey read pages up to 1.',
  });
});

test('sends a valid, shorter history for generated conversations and thresholds', async () => {
  let changed = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const random = createRandom(seed);
    const history = generated(random);
    const basics = { contextWindow: 1 + random(4_000), keepTurns: 1 + random(4) };
    const references = compactByReference({ ...basics, minLength: 200 + random(400) });
    const summaries = scriptedModel(() => respond.text('S'.repeat(1 + random(600))));
    const middleware = [references, compactBySummary({ ...basics, model: summaries })];
    const model = scriptedModel([respond.text('Done.')]);
    const outcome = await new Agent({ model, tools: [...references.tools], middleware }).run(history);
    const { messages } = model.requests[0] as ChatRequest;
    expect({ seed, faults: checkHistory(messages) }).toEqual({ seed, faults: [] });
    expect(checkHistory(outcome.messages)).toEqual([]);
    expect(messages.filter(({ role }) => role === 'system')).toEqual(history.filter(({ role }) => role === 'system'));
    expect(messages).toContainEqual(history.findLast(({ role }) => role === 'user'));
    if (JSON.stringify(messages) === JSON.stringify(history)) continue;
    changed++;
    expect(sizeOf(messages)).toBeLessThan(sizeOf(history));
  }
  expect(changed).toBeGreaterThan(50);
});

function sizeOf(messages: readonly Message[]): number {
  return messages.reduce((sum, { content }) => sum + String(content).length, 0);
}

/** A valid conversation that ends with the user or with results. */
function generated(random: Random): readonly Message[] {
  const messages: Message[] = random(2) === 0 ? [] : [{ role: 'system', content: 'Be brief.' }];
  const text = (): string => 'word '.repeat(random(3) === 0 ? random(400) : 1 + random(10));
  messages.push({ role: 'user', content: text() });
  for (let turn = random(12); turn > 0; turn--) {
    const calls = Array.from({ length: random(4) }, (_, index) => ({
      id: `call_${turn}_${index}`,
      type: 'function' as const,
      function: { name: 'read', arguments: JSON.stringify({ page: random(9) }) },
    }));
    if (calls.length === 0) messages.push({ role: 'assistant', content: text() }, { role: 'user', content: text() });
    else messages.push({ role: 'assistant', content: null, tool_calls: calls });
    for (const { id } of calls) messages.push({ role: 'tool', tool_call_id: id, content: text() });
  }
  return messages;
}

test.each([
  [() => compactBySummary({ contextWindow: 0 }), 'compactBySummary: contextWindow is 0.'],
  [() => compactBySummary({ contextWindow: 10, threshold: 2 }), 'compactBySummary: threshold is 2.'],
  [() => compactByReference({ contextWindow: 10, keepTurns: 0 }), 'compactByReference: keepTurns is 0.'],
  [() => compactByReference({ contextWindow: 10, minLength: 5 }), 'compactByReference: minLength is 5.'],
])('refuses invalid numbers', (make, message) => {
  expect(make).toThrow(message);
});
