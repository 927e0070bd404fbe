import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3GenerateResult } from '@ai-sdk/provider';
import { fromAiSdk } from '@pawl/ai-sdk';
import { Agent, contentParts, tool } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const usage = {
  inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
};

type Result = Pick<LanguageModelV3GenerateResult, 'content'>;

/** A model of specification v3, as AI SDK 6 has them, which records what it gets. */
function createModelV3(results: readonly Result[]) {
  const received: LanguageModelV3CallOptions[] = [];
  const model: LanguageModelV3 = {
    specificationVersion: 'v3',
    provider: 'old.responses',
    modelId: 'old-1',
    supportedUrls: {},
    async doGenerate(options) {
      const { content } = results[received.push(options) - 1] ?? { content: [] };
      return { content, finishReason: { unified: 'stop', raw: 'stop' }, usage, warnings: [] };
    },
    async doStream(options) {
      const { content } = results[received.push(options) - 1] ?? { content: [] };
      const parts = content.flatMap((part, at): readonly object[] => {
        if (part.type !== 'text' && part.type !== 'reasoning') return [part];
        const id = String(at);
        const { type, text, providerMetadata } = part;
        return [
          { type: `${type}-start`, id },
          { type: `${type}-delta`, id, delta: text },
          { type: `${type}-end`, id, providerMetadata },
        ];
      });
      const finish = { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage };
      return { stream: ReadableStream.from([{ type: 'stream-start', warnings: [] }, ...parts, finish]) as never }; // Parts of v3.
    },
  };
  return { model, received };
}

const SIGNED = { old: { signature: 's1' } };
const CONTENT: readonly Result[] = [
  {
    content: [
      { type: 'reasoning', text: 'Hm.', providerMetadata: SIGNED },
      { type: 'file', mediaType: 'image/png', data: new Uint8Array([1, 2, 3]), providerMetadata: SIGNED },
      { type: 'file', mediaType: 'image/png', data: 'AQID' },
      { type: 'tool-call', toolCallId: 'a', toolName: 'draw', input: '{"city":"Oslo"}' },
    ],
  },
  { content: [{ type: 'text', text: 'Done.' }] },
];

describe.each([false, true])('a model of specification v3, streamed: %s', (stream) => {
  test('gets files in messages and in results in the forms of v3', async () => {
    const { model, received } = createModelV3(CONTENT);
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,BBBB' } } as const;
    const page = { type: 'file', file: { file_data: 'JVBERi0=', filename: 'a.pdf' } } as const;
    const far = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } } as const;
    const draw = tool({
      name: 'draw',
      description: 'Draws.',
      input: z.object({ city: z.string() }),
      execute: () => contentParts(image, page, far),
    });
    const agent = new Agent({ model: fromAiSdk(model, { filesInResults: true }), tools: [draw] });
    const { text } = await agent.run([{ role: 'user', content: [{ type: 'text', text: 'Go.' }, image, far] }], {
      stream,
    });
    expect(text).toBe('Done.');
    expect(received[1]?.prompt).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Go.' },
          { type: 'file', mediaType: 'image/png', data: 'BBBB' },
          { type: 'file', mediaType: 'image/*', data: new URL('https://example.com/a.png') },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm.', providerOptions: SIGNED },
          { type: 'file', mediaType: 'image/png', data: 'AQID', providerOptions: SIGNED },
          { type: 'file', mediaType: 'image/png', data: 'AQID' },
          { type: 'tool-call', toolCallId: 'a', toolName: 'draw', input: { city: 'Oslo' } },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'a',
            toolName: 'draw',
            output: {
              type: 'content',
              value: [
                { type: 'image-data', mediaType: 'image/png', data: 'BBBB' },
                { type: 'file-data', mediaType: 'application/pdf', data: 'JVBERi0=', filename: 'a.pdf' },
                { type: 'image-url', url: 'https://example.com/a.png' },
              ],
            },
          },
        ],
      },
    ]);
  });
});

test('names an uploaded file by its id, where v3 has its data', async () => {
  const { model, received } = createModelV3([{ content: [{ type: 'text', text: 'Hi.' }] }]);
  const content = [{ type: 'file', file: { file_id: 'file-1' } } as const];
  await fromAiSdk(model).send({ messages: [{ role: 'user', content }] });
  expect(received[0]?.prompt).toEqual([
    { role: 'user', content: [{ type: 'file', mediaType: 'application/pdf', data: 'file-1' }] },
  ]);
});

test('names uploaded files of a tool by their ids', async () => {
  const call = { type: 'tool-call', toolCallId: 'a', toolName: 'draw', input: '{}' } as const;
  const { model, received } = createModelV3([{ content: [call] }, { content: [{ type: 'text', text: 'Done.' }] }]);
  const files = ['a.png', 'a.pdf'].map(
    (filename) => ({ type: 'file', file: { file_id: filename, filename } }) as const,
  );
  const draw = tool({ name: 'draw', description: 'Draws.', input: z.object({}), execute: () => contentParts(files) });
  await new Agent({ model: fromAiSdk(model, { filesInResults: true }), tools: [draw] }).run('Go.');
  expect(received[1]?.prompt.at(-1)).toMatchObject({
    role: 'tool',
    content: [
      {
        output: {
          value: [
            { type: 'image-file-id', fileId: { old: 'a.png' } },
            { type: 'file-id', fileId: { old: 'a.pdf' } },
          ],
        },
      },
    ],
  });
});

test('refuses a reasoning effort, which v3 does not have', async () => {
  const { model } = createModelV3([]);
  const sent = fromAiSdk(model).send({ messages: [{ role: 'user', content: 'Hi.' }], reasoning_effort: 'high' });
  await expect(sent).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('specification v3'),
  });
});

test.each<[string, unknown, string]>([
  ['a text', 'anthropic/claude', 'the text "anthropic/claude"'],
  ['nothing', undefined, 'without doGenerate and doStream'],
  ['an embedding model', { specificationVersion: 'v4', doEmbed() {} }, 'without doGenerate and doStream'],
  [
    'another specification',
    { specificationVersion: 'v2', provider: 'p', modelId: 'm', doGenerate() {}, doStream() {} },
    'the specification "v2"',
  ],
  [
    'a model without an id',
    { specificationVersion: 'v4', provider: 'p', modelId: '', doGenerate() {}, doStream() {} },
    'without a provider or a modelId',
  ],
])('fromAiSdk refuses %s', (_, model, message) => {
  expect(() => fromAiSdk(model as LanguageModelV3)).toThrow(message);
});

test('has the name, the price and the provider of its model', () => {
  const { model } = createModelV3([]);
  const price = { input: 1, output: 2 };
  expect(fromAiSdk(model, { price: { models: { 'old-1': price } } })).toMatchObject({
    name: 'old-1',
    price,
    server: { provider: 'old.responses' },
  });
  expect(fromAiSdk(model, { name: 'mine', cacheKey: 'k' })).toMatchObject({ name: 'mine', cacheKey: 'k' });
  expect(() => fromAiSdk(model, { price: { models: {} } })).toThrow('have no model "old-1"');
});
