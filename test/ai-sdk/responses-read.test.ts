import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { fromAiSdk } from '@pawl/ai-sdk';
import { Agent, ModelError, ProtocolError, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { extractReasoningMiddleware, simulateStreamingMiddleware, wrapLanguageModel } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Content, createResult, STOP, send, toPrompt, USAGE } from './mock-model.ts';

const user: Message = { role: 'user', content: 'Hi.' };
const request = { messages: [user] };
const FINISH: LanguageModelV4StreamPart = { type: 'finish', usage: USAGE, finishReason: STOP };
const START: LanguageModelV4StreamPart = { type: 'stream-start', warnings: [] };
const signed = (signature: string) => ({ mock: { signature } });

describe('a response', () => {
  test('has the form of Chat Completions', async () => {
    const { response, deltas } = await send(request, {
      result: createResult(
        [
          { type: 'text', text: 'I look. ' },
          { type: 'tool-call', toolCallId: 'a', toolName: 'look', input: '{"at":1}' },
          { type: 'tool-call', toolCallId: 'b', toolName: 'wait', input: '' },
        ],
        {
          response: { id: 'r1', modelId: 'mock-1-0901', timestamp: new Date(1_760_000_000_500) },
          finishReason: { unified: 'tool-calls', raw: 'tool_use' },
        },
      ),
    });
    expect(response).toEqual({
      id: 'r1',
      object: 'chat.completion',
      created: 1_760_000_000,
      model: 'mock-1-0901',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'I look. ',
            tool_calls: [
              { id: 'a', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
              { id: 'b', type: 'function', function: { name: 'wait', arguments: '{}' } },
            ],
          },
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    });
    expect(deltas).toEqual([
      { type: 'text', delta: 'I look. ' },
      { type: 'call', id: 'a', index: 0, name: 'look', delta: '{"at":1}' },
      { type: 'call', id: 'b', index: 1, name: 'wait', delta: '' },
    ]);
  });

  test('has no usage without both totals, so that it is estimated', async () => {
    const usage = {
      inputTokens: { ...USAGE.inputTokens },
      outputTokens: { total: undefined, text: undefined, reasoning: undefined },
    };
    const { response } = await send(request, { result: createResult([{ type: 'text', text: 'Hi.' }], { usage }) });
    expect(response.usage).toBeUndefined();
  });

  test.each([
    ['stop', 'end_turn', 'stop'],
    ['stop', 'pause_turn', 'length'],
    ['length', 'max_tokens', 'length'],
    ['content-filter', 'SAFETY', 'content_filter'],
    ['tool-calls', 'tool_use', 'stop'],
    ['other', 'compaction', 'compaction'],
    ['other', undefined, null],
  ] as const)('ends with the reason of %s and %s', async (unified, raw, expected) => {
    const { response } = await send(request, {
      result: createResult([{ type: 'text', text: 'Hi.' }], { finishReason: { unified, raw } }),
    });
    expect(response.choices[0].finish_reason).toBe(expected);
  });

  test.each([
    ['error', 'MALFORMED_FUNCTION_CALL', 'response.error'],
    ['interrupted', undefined, 'response.cut'],
  ] as const)('fails, and is retried, if the provider says so: %s', async (unified, raw, code) => {
    const sent = send(request, {
      result: createResult([{ type: 'text', text: 'Hi.' }], { finishReason: { unified, raw } }),
    });
    await expect(sent).rejects.toMatchObject({ code, retryable: true });
  });

  test('reports the warnings of the provider as repairs', async () => {
    const { repairs } = await send(request, {
      result: createResult([{ type: 'text', text: 'Hi.' }], {
        warnings: [
          { type: 'unsupported', feature: 'seed', details: 'The model has no seed.' },
          { type: 'compatibility', feature: 'specificationVersion' },
          { type: 'deprecated', setting: 'thinking', message: 'Use effort.' },
          { type: 'other', message: 'Something.' },
        ],
      }),
    });
    expect(repairs).toEqual([
      'request.seed: not supported by the provider: The model has no seed.',
      'request.specificationVersion: sent in another form: a compatible one',
      'request.thinking: Use effort.',
      'request: Something.',
    ]);
  });
});

describe('a stream', () => {
  const parts: readonly LanguageModelV4StreamPart[] = [
    START,
    { type: 'response-metadata', id: 'r1' },
    { type: 'reasoning-start', id: '0', providerMetadata: signed('') },
    { type: 'reasoning-delta', id: '0', delta: 'Hm' },
    { type: 'ping' },
    { type: 'reasoning-delta', id: '0', delta: '.' },
    { type: 'reasoning-delta', id: '0', delta: '', providerMetadata: signed('s1') },
    { type: 'reasoning-end', id: '0' },
    { type: 'reasoning-start', id: '1' },
    { type: 'reasoning-delta', id: '1', delta: 'So.' },
    { type: 'reasoning-end', id: '1', providerMetadata: { mock: { more: 1 } } },
    { type: 'text-start', id: '0' },
    { type: 'text-delta', id: '0', delta: 'I ' },
    { type: 'tool-input-start', id: 'a', toolName: 'look' },
    { type: 'text-delta', id: '0', delta: 'look.' },
    { type: 'text-end', id: '0' },
    { type: 'raw', rawValue: {} },
    { type: 'tool-input-delta', id: 'a', delta: '{"at"' },
    { type: 'tool-input-end', id: 'a' },
    { type: 'tool-call', toolCallId: 'a', toolName: 'look', input: '{"at":1}' },
    { type: 'source', sourceType: 'url', id: 's', url: 'https://example.com' },
    FINISH,
  ];

  test('gives the response that the same content gives as a whole', async () => {
    const content: Content = [
      { type: 'reasoning', text: 'Hm.', providerMetadata: signed('s1') },
      { type: 'reasoning', text: 'So.', providerMetadata: { mock: { more: 1 } } },
      { type: 'text', text: 'I look.' },
      { type: 'tool-call', toolCallId: 'a', toolName: 'look', input: '{"at":1}' },
    ];
    const whole = await send(request, { result: createResult(content, { response: { id: 'r1' } }) });
    const streamed = await send(request, { parts });
    expect(streamed.response).toEqual(whole.response);
    const join = (type: string) => streamed.deltas.flatMap((each) => (each.type === type ? [each.delta] : [])).join('');
    expect([join('reasoning'), join('text')]).toEqual(['Hm.\n\nSo.', 'I look.']);
    expect(whole.response.choices[0].message.reasoning_content).toBe('Hm.\n\nSo.');
  });

  test.each(parts.slice(0, -1).map((_, length) => length))(
    'cut after %d parts is an error that is retried',
    async (length) => {
      await expect(send(request, { parts: parts.slice(0, length) })).rejects.toMatchObject({
        code: 'response.cut',
        retryable: true,
      });
    },
  );

  test.each([
    ['text', [{ type: 'text-start', id: '0' }]],
    ['reasoning', [{ type: 'reasoning-start', id: '0' }]],
    [
      'a call',
      [
        { type: 'tool-input-start', id: 'a', toolName: 'look' },
        { type: 'tool-input-end', id: 'a' },
      ],
    ],
  ] as const)('that finishes with %s open is an error', async (_, open) => {
    await expect(send(request, { parts: [...open, FINISH] })).rejects.toMatchObject({ code: 'response.cut' });
  });

  test('waits for a reader that is behind before it reads on', async () => {
    let read = 0;
    const stream = new ReadableStream<LanguageModelV4StreamPart>(
      {
        pull(controller) {
          const part = parts[read++];
          if (part === undefined) controller.close();
          else controller.enqueue(part);
        },
      },
      { highWaterMark: 0 },
    );
    const model = fromAiSdk(new MockLanguageModelV4({ doStream: { stream } }));
    const behind = Promise.withResolvers<void>();
    const sent = model.send({ ...request, stream: true }, { onDelta: () => behind.promise });
    await expect.poll(() => read).toBe(4);
    await new Promise((resolve) => setImmediate(resolve));
    expect(read).toBe(4);
    behind.resolve();
    await sent;
    expect(read).toBeGreaterThan(4);
  });

  test('that reports an error fails with it', async () => {
    const error = { type: 'overloaded_error', message: 'Overloaded' };
    const sent = send(request, { parts: [START, { type: 'error', error }, FINISH] });
    await expect(sent).rejects.toMatchObject({
      code: 'response.error',
      retryable: true,
      message: expect.stringContaining('Overloaded'),
    });
  });

  test('passes the error of a listener on as it is', async () => {
    const failure = new Error('The listener failed.');
    const model = fromAiSdk(new MockLanguageModelV4({ doStream: { stream: ReadableStream.from(parts) } }));
    const onDelta = () => {
      throw failure;
    };
    await expect(model.send({ ...request, stream: true }, { onDelta })).rejects.toBe(failure);
  });
});

describe('limits of a response', () => {
  const calls: Content = ['a', 'b', 'c'].map((toolCallId) => ({
    type: 'tool-call',
    toolCallId,
    toolName: 'look',
    input: '{}',
  }));

  test.each([
    ['calls', calls, { responseLimits: { maxToolCalls: 2 } }],
    ['text', [{ type: 'text', text: 'x'.repeat(101) }], { responseLimits: { maxBytes: 100 } }],
    ['kept parts', [{ type: 'reasoning', text: '', providerMetadata: signed('s'.repeat(100)) }], { maxKeptBytes: 100 }],
  ] as const)('refuses too many %s', async (_, content, options) => {
    const sent = send(request, { result: createResult([...content]), ...options });
    await expect(sent).rejects.toMatchObject({ code: 'response.too_large', retryable: false });
    await expect(sent).rejects.toSatisfy(ProtocolError.isInstance);
  });
});

describe('kept parts', () => {
  const content: Content = [
    { type: 'reasoning', text: 'Hm.', providerMetadata: signed('s1') },
    { type: 'text', text: 'I search. ' },
    { type: 'tool-call', toolCallId: 'srv', toolName: 'web_search', input: '{"q":"x"}', providerExecuted: true },
    { type: 'tool-result', toolCallId: 'srv', toolName: 'web_search', result: [], preliminary: true },
    { type: 'tool-result', toolCallId: 'srv', toolName: 'web_search', result: [{ url: 'https://example.com' }] },
    { type: 'file', mediaType: 'image/png', data: { type: 'data', data: new Uint8Array([1, 2, 3]) } },
    { type: 'file', mediaType: 'image/png', data: { type: 'url', url: new URL('https://example.com/a.png') } },
    { type: 'source', sourceType: 'url', id: 's', url: 'https://example.com' },
    { type: 'custom', kind: 'mock.note', providerMetadata: signed('s2') },
    { type: 'text', text: 'Then I look.', providerMetadata: signed('s3') },
    { type: 'tool-call', toolCallId: 'a', toolName: 'look', input: '{}', providerMetadata: signed('s4') },
    { type: 'text', text: '', providerMetadata: signed('s5') },
    { type: 'tool-call', toolCallId: 'b', toolName: 'look', input: '{}' },
  ];
  const expected = [
    { type: 'reasoning', text: 'Hm.', providerOptions: signed('s1') },
    { type: 'text', text: 'I search. ' },
    { type: 'tool-call', toolCallId: 'srv', toolName: 'web_search', input: { q: 'x' }, providerExecuted: true },
    {
      type: 'tool-result',
      toolCallId: 'srv',
      toolName: 'web_search',
      output: { type: 'json', value: [{ url: 'https://example.com' }] },
    },
    { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AQID' } },
    { type: 'file', mediaType: 'image/png', data: { type: 'url', url: new URL('https://example.com/a.png') } },
    { type: 'custom', kind: 'mock.note', providerOptions: signed('s2') },
    { type: 'text', text: 'Then I look.', providerOptions: signed('s3') },
    { type: 'tool-call', toolCallId: 'a2', toolName: 'look', input: { at: 2 }, providerOptions: signed('s4') },
    { type: 'text', text: '', providerOptions: signed('s5') },
    { type: 'tool-call', toolCallId: 'b', toolName: 'look', input: {} },
  ];

  async function respond() {
    const { response } = await send(request, { result: createResult(content) });
    return structuredClone(response.choices[0].message);
  }

  /** The history renames the first call, and repairs its arguments. */
  async function createHistory(change: object = {}): Promise<Message[]> {
    const message = await respond();
    const [, second] = message.tool_calls ?? [];
    if (second === undefined) throw new Error('There is no second call.');
    const tool_calls = [
      { id: 'a2', type: 'function', function: { name: 'look', arguments: '{"at":2}' } } as const,
      second,
    ];
    const results: Message[] = tool_calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'seen' }));
    return [user, { ...message, tool_calls, ...change }, ...results];
  }

  test('go back in order, with the calls and the ids that the history has', async () => {
    const [, assistant] = await toPrompt(await createHistory());
    expect(assistant).toEqual({ role: 'assistant', content: expected });
  });

  test('are JSON, and the calls of the provider are none of the message', async () => {
    const message = await respond();
    expect(JSON.parse(JSON.stringify(message))).toEqual(message);
    expect(message.tool_calls?.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('are ignored by another provider', async () => {
    const [, assistant] = await toPrompt(await createHistory(), { provider: 'other.chat' });
    expect(assistant).toEqual({
      role: 'assistant',
      content: [
        { type: 'text', text: 'I search. Then I look.' },
        { type: 'tool-call', toolCallId: 'a2', toolName: 'look', input: { at: 2 } },
        { type: 'tool-call', toolCallId: 'b', toolName: 'look', input: {} },
      ],
    });
  });

  test.each(['Redacted.', 'I search, and I look..'])(
    'do not bring back a text that a guard replaced, nor what was signed with it: %s',
    async (content) => {
      const [, assistant] = await toPrompt(await createHistory({ content }));
      const texts = assistant?.role === 'assistant' ? assistant.content.filter(({ type }) => type === 'text') : [];
      expect(texts).toEqual([{ type: 'text', text: content }]);
      expect(JSON.stringify(assistant)).not.toContain('s3');
    },
  );

  test('keep the place of a text after a call', async () => {
    const content: Content = [
      { type: 'tool-call', toolCallId: 'a', toolName: 'look', input: '{}' },
      { type: 'text', text: 'I look.' },
    ];
    const { response } = await send(request, { result: createResult(content) });
    const results: Message[] = [{ role: 'tool', tool_call_id: 'a', content: 'seen' }];
    const [, assistant] = await toPrompt([user, response.choices[0].message, ...results]);
    expect(assistant?.content).toMatchObject([{ type: 'tool-call' }, { type: 'text', text: 'I look.' }]);
  });

  test('do not exist for a text and calls alone', async () => {
    const plain: Content = [
      { type: 'text', text: 'I look.' },
      { type: 'tool-call', toolCallId: 'a', toolName: 'look', input: '{}' },
    ];
    const { response } = await send(request, { result: createResult(plain) });
    expect(response.choices[0].message).not.toHaveProperty('pawl_kept');
  });
});

test('renames a call id that is used twice, and runs both calls', async () => {
  const twice: Content = [1, 2].map((at) => ({
    type: 'tool-call',
    toolCallId: 'same',
    toolName: 'look',
    input: `{"at":${at}}`,
  }));
  const doGenerate = [createResult(twice), createResult(twice), createResult([{ type: 'text', text: 'Done.' }])];
  const mock = new MockLanguageModelV4({ doGenerate });
  const seen: number[] = [];
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({ at: z.number() }),
    execute: ({ at }) => seen.push(at),
  });
  const { text, messages } = await new Agent({ model: fromAiSdk(mock), tools: [look] }).run('Go.');
  expect({ text, seen }).toEqual({ text: 'Done.', seen: [1, 2, 1, 2] });
  const ids = messages.flatMap((each) =>
    each.role === 'assistant' ? (each.tool_calls ?? []).map(({ id }) => id) : [],
  );
  expect(new Set(ids).size).toBe(4);
});

test('refuses an approval that only the provider can use, by name', async () => {
  const content: Content = [{ type: 'tool-approval-request', approvalId: 'ap_1', toolCallId: 'srv' }];
  const sent = send(request, { result: createResult(content) });
  await expect(sent).rejects.toMatchObject({
    code: 'model.unsupported',
    retryable: false,
    message: expect.stringContaining('tool-approval-request'),
  });
  await expect(sent).rejects.toSatisfy(ModelError.isInstance);
});

test.each([false, true])('accepts a model that middleware of the AI SDK wraps, streamed: %s', async (stream) => {
  const result = createResult([{ type: 'text', text: '<think>Hm.</think>It is cold.' }]);
  const model = wrapLanguageModel({
    model: new MockLanguageModelV4({ doGenerate: result }),
    middleware: [extractReasoningMiddleware({ tagName: 'think' }), simulateStreamingMiddleware()],
  });
  const { text, messages } = await new Agent({ model: fromAiSdk(model) }).run('Hi.', { stream });
  expect(text.trim()).toBe('It is cold.');
  expect(messages.at(-1)).toMatchObject({ reasoning_content: 'Hm.' });
});
