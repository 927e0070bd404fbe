import type { ChatRequest } from '@pawl/core/chat';
import { expect, test } from 'vitest';
import { buildCompletion } from './build-completion.ts';
import { respond } from './respond.ts';

const request: ChatRequest = { messages: [{ role: 'user', content: 'Hello' }] };

test('builds the same whole response for a text every time', () => {
  const made = buildCompletion(respond.text('Hi there.'), { request, model: 'scripted' });
  expect(made).toEqual({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_735_689_600,
    model: 'scripted',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'Hi there.' }, finish_reason: 'stop', logprobs: null },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    system_fingerprint: 'fp_pawl_offline',
  });
  expect(buildCompletion(respond.text('Hi there.'), { request, model: 'scripted' })).toEqual(made);
});

test('counts call ids over the conversation and skips ids in use', () => {
  const earlier = respond.calls([{ name: 'add', id: 'call_2' }]);
  const [choice] = buildCompletion(earlier, { request, model: 'm' }).choices;
  const later = {
    messages: [...request.messages, choice.message, { role: 'tool', tool_call_id: 'call_2', content: '5' }],
  };
  const made = buildCompletion(
    respond.calls([{ name: 'add' }, { name: 'add', id: 'call_3' }, { name: 'add', arguments: '{"a":' }]),
    {
      request: later as ChatRequest,
      model: 'm',
    },
  );
  expect(made.choices[0]).toEqual({
    index: 0,
    message: {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_4', type: 'function', function: { name: 'add', arguments: '{}' } },
        { id: 'call_3', type: 'function', function: { name: 'add', arguments: '{}' } },
        { id: 'call_5', type: 'function', function: { name: 'add', arguments: '{"a":' } },
      ],
    },
    finish_reason: 'tool_calls',
    logprobs: null,
  });
});

test.each([
  ['a length cut', respond.truncated('half'), { content: 'half' }, 'length'],
  ['a filtered response', respond.filtered(), { content: '' }, 'content_filter'],
  ['a refusal', respond.refusal('No.'), { content: null, refusal: 'No.' }, 'stop'],
  ['an empty response', respond.empty(), { content: null }, 'stop'],
  ['a finish reason of its own', respond.text('x', { finishReason: null }), { content: 'x' }, null],
] as const)('builds %s', (_name, entry, message, finishReason) => {
  expect(buildCompletion(entry, { request, model: 'm' }).choices).toEqual([
    { index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason, logprobs: null },
  ]);
});

test('keeps undocumented fields of the message and of its calls', () => {
  const call = {
    id: 'c',
    type: 'function',
    function: { name: 'now', arguments: '{}' },
    extra_content: { a: 1 },
  } as const;
  const entry = respond.message({ role: 'assistant', content: null, reasoning_content: 'so', tool_calls: [call] });
  const [{ message }] = buildCompletion(entry, { request, model: 'm' }).choices;
  expect(message).toEqual({ role: 'assistant', content: null, reasoning_content: 'so', tool_calls: [call] });
});

test('uses the usage of the script, or none', () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  expect(buildCompletion(respond.text('x', { usage }), { request, model: 'm' }).usage).toEqual(usage);
  expect('usage' in buildCompletion(respond.text('x', { usage: null }), { request, model: 'm' })).toBe(false);
});

test('repeats the message for n choices', () => {
  const { choices } = buildCompletion(respond.text('x'), { request: { ...request, n: 3 }, model: 'm' });
  expect(choices.map(({ index, message }) => [index, message.content])).toEqual([
    [0, 'x'],
    [1, 'x'],
    [2, 'x'],
  ]);
});
