import { Agent, azure, contentParts, tool } from '@pawl/core';
import type { ChatRequest, Message } from '@pawl/core/chat';
import { compactByReference, compactBySummary } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ProfileName } from '../../packages/core/src/openai/profiles.ts';
import { startStrictServer } from './strict-server.ts';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'seen' });
const pick = tool({
  name: 'pick',
  description: 'Picks.',
  input: z.object({ at: z.number() }),
  effect: 'read',
  execute: () => 'ok',
});

describe('servers that refuse calls without tools', () => {
  const history: readonly Message[] = [
    { role: 'user', content: 'Go.' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: 'seen' },
    { role: 'assistant', content: 'Seen.' },
    { role: 'user', content: 'And now?' },
  ];

  test.each<ProfileName>(['anthropic', 'litellm', 'openrouter'])(
    'accept them from an agent without tools on %s',
    async (name) => {
      const { model, faults, server } = await startStrictServer(name, []);
      expect((await new Agent({ model }).run(history)).output).toBe('Done.');
      expect(faults).toEqual([]);
      expect(server.requests[0]?.body).toMatchObject({ tools: [{ function: { name: 'look' } }], tool_choice: 'none' });
    },
  );

  test('need no placeholder beside the tool of an output schema', async () => {
    const { model, server } = await startStrictServer('anthropic', [respond.call('final_answer', { a: 1 })]);
    const { output } = await new Agent({ model, output: z.object({ a: z.number() }) }).run(history);
    expect(output).toEqual({ a: 1 });
    expect(server.requests[0]?.body.tools).toHaveLength(1);
  });
});

describe('texts with half a surrogate pair', () => {
  const half = '\ud83d';

  test('are sent well-formed from any source', async () => {
    const clip = tool({
      name: 'clip',
      description: `Clips${half}.`,
      input: z.object({ how: z.string(), kind: z.enum([`a${half}`, 'b']).optional() }),
      effect: 'read',
      execute: ({ how }) => {
        if (how === 'throw') throw new Error(`No: ${half}`);
        if (how === 'parts') return contentParts({ type: 'text', text: half });
        return how === 'object' ? { [half]: half } : `ab${half}`;
      },
    });
    const calls = ['text', 'object', 'throw', 'parts'].map((how) => ({ name: 'clip', arguments: { how } }));
    const odd = respond.call('clip', `{"how":"\\ud83d"}`);
    const unknown = respond.call('absent', { [half]: half });
    const { model, server, faults } = await startStrictServer('openai', [
      respond.calls(calls),
      odd,
      unknown,
      respond.text('Done.'),
    ]);
    const agent = new Agent({
      model,
      tools: [clip],
      instructions: `Be kind${half}.`,
      modelSettings: { user: half, stop: [half] },
    });
    const { messages } = await agent.run([{ role: 'user', content: [{ type: 'text', text: half }], name: 'Ann' }]);
    expect(faults).toEqual([]);
    // JSON in a text, such as the result of a tool, has no escaped half either.
    expect(server.requests.filter(({ text }) => /\\ud[89a-f]/i.test(text))).toEqual([]);
    expect(server.requests.at(-1)?.text).toContain('\ufffd');
    // The stored conversation keeps the original texts.
    expect(JSON.stringify(messages)).toContain('\\ud83d');
  });

  test.each([0, 1])('are not created when Pawl cuts a text, with %i characters before', async (before) => {
    const asked: ChatRequest[] = [];
    const long = tool({
      name: 'long',
      description: 'Gives much.',
      input: z.object({}),
      effect: 'read',
      execute: () => 'x'.repeat(before) + '😀'.repeat(20_000),
    });
    const model = scriptedModel((request) => {
      asked.push(request);
      const id = /\{"id":"(\w+)","from":0\}/.exec(textOf(request).replaceAll('\\"', '"'))?.[1];
      if (request.messages.length > 14) return respond.text('Done.');
      return id === undefined ? respond.call('long') : respond.call('read_result', { id, from: 8_000 + before });
    });
    const references = compactByReference({ contextWindow: 1_000, threshold: 0.1, keepTurns: 1 });
    await new Agent({ model, tools: [long, ...references.tools], middleware: [references] }).run('Go.').outcome();
    expect(asked.map(textOf).join()).toContain('left. Continue with');
    const summariser = scriptedModel((request) => {
      asked.push(request);
      return respond.text('Much.');
    });
    const summary = compactBySummary({ contextWindow: 1_000, threshold: 0.1, keepTurns: 1, model: summariser });
    await new Agent({ model, tools: [long], middleware: [summary], limits: { turns: 5 } }).run('Go.').outcome();
    expect(summariser.requests.map(textOf).join()).toContain('characters left out');
    const texts = asked.flatMap(({ messages }) => messages.map(({ content }) => String(content)));
    expect(texts.filter((text) => !text.isWellFormed())).toEqual([]);
  });
});

function textOf({ messages }: ChatRequest): string {
  return JSON.stringify(messages);
}

describe('empty messages', () => {
  test('empty instructions, an empty answer and an empty question', async () => {
    const history: readonly Message[] = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: null },
      { role: 'user', content: '' },
    ];
    const open = await startStrictServer('openai', []);
    await new Agent({ model: open.model, instructions: '' }).run(history);
    expect(open.readSentMessages(0)).toEqual([history[0], history[2]]);
    const strict = await startStrictServer('anthropic', []);
    await new Agent({ model: strict.model, instructions: () => ' ' }).run(history);
    expect(strict.readSentMessages(0)).toEqual([history[0], { role: 'user', content: '(empty)' }]);
    expect([...open.faults, ...strict.faults]).toEqual([]);
  });
});

test('sends arguments that are not an object back as one, and reports the original to the model', async () => {
  const { model, readSentMessages, faults } = await startStrictServer('vllm', [
    respond.call('pick', '[1]'),
    respond.call('pick', '"{\\"at\\":1}"'),
  ]);
  await new Agent({ model, tools: [pick] }).run('Go.');
  expect(faults).toEqual([]);
  expect(readSentMessages(2).slice(1)).toMatchObject([
    { tool_calls: [{ function: { arguments: '{}' } }] },
    { role: 'tool', content: expect.stringMatching(/expected object/) },
    { tool_calls: [{ function: { arguments: '{"at":1}' } }] },
    { role: 'tool', content: 'ok' },
  ]);
});

test('azure() uses the Foundry profile for a Foundry URL', async () => {
  const sent: string[] = [];
  const fetch = async (_: unknown, { body }: { body?: unknown }): Promise<Response> => {
    sent.push(await new Response(body as never).text());
    const message =
      sent.length > 1
        ? { content: 'Done.' }
        : { ...respond.call('look', {}, { id: 'c' }).message, reasoning_content: 'Look.' };
    return Response.json({ id: 'x', choices: [{ index: 0, message, finish_reason: 'stop' }] });
  };
  for (const endpoint of ['https://x.services.ai.azure.com', 'https://x.openai.azure.com']) {
    sent.length = 0;
    const model = azure('kimi', { endpoint, apiKey: 'k', fetch: fetch as never });
    await new Agent({ model, tools: [look] }).run('Go.');
    expect(sent[1]?.includes('"reasoning_content":"Look."')).toBe(endpoint.includes('services'));
  }
});
