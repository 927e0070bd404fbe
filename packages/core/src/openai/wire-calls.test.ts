import { describe, expect, test } from 'vitest';
import { createSender } from '../../../../test/model/create-sender.ts';
import type { Message } from '../chat/message.ts';
import type { ProfileName } from './profiles.ts';

const hi: Message = { role: 'user', content: 'Hi.' };
const more: Message = { role: 'user', content: 'More.' };
const answer: Message = { role: 'assistant', content: 'Hello.' };
const called: Message = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'abcdefghi', type: 'function', function: { name: 'look', arguments: '{}' } }],
};
const result: Message = { role: 'tool', tool_call_id: 'abcdefghi', content: 'Seen.' };

describe('tool call ids', () => {
  const calls = (...ids: readonly string[]): Message => ({
    role: 'assistant',
    content: null,
    tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } })),
  });
  const results = (...ids: readonly string[]): readonly Message[] =>
    ids.map((id) => ({ role: 'tool', tool_call_id: id, content: id }));

  test.each<[ProfileName, RegExp]>([
    ['mistral', /^[a-zA-Z0-9]{9}$/],
    ['openai', /^[\s\S]{1,40}$/],
    ['azure', /^[\s\S]{1,40}$/],
    ['foundry', /^[\s\S]{1,40}$/],
    ['anthropic', /^[a-zA-Z0-9_-]{1,64}$/],
    ['openrouter', /^[a-zA-Z0-9_.:-]{1,40}$/],
  ])('%s gets accepted ids, the same in calls, results and all requests', (base, pattern) => {
    const ids = [
      'call_0_0',
      'a',
      `call_${'x'.repeat(60)}`,
      `call_${'x'.repeat(60)}_2`,
      'functions.look:0',
      'abcdefghi_2',
    ];
    const messages = [hi, calls(...ids), ...results(...ids)];
    const sent = createSender({ base }).send({ messages }).messages;
    const [, call] = sent as readonly [unknown, { readonly tool_calls: readonly { readonly id: string }[] }];
    const wire = call.tool_calls.map(({ id }) => id);
    expect(wire.every((id) => pattern.test(id))).toBe(true);
    expect(new Set(wire).size).toBe(ids.length);
    expect(sent.slice(2).map((message) => message['tool_call_id'])).toEqual(wire);
    expect(sent.slice(2).map(({ content }) => content)).toEqual(ids);
    expect(
      createSender({ base })
        .send({ messages: [...messages, answer, more] })
        .messages.slice(0, sent.length),
    ).toEqual(sent);
  });

  test('other servers get them unchanged, including LiteLLM, where they contain signatures of Gemini', () => {
    const ids = [`call_1__thought__${'Q'.repeat(400)}`, 'functions.look:0'];
    const messages = [calls(...ids), ...results(...ids)];
    for (const base of ['compatible', 'litellm', 'vllm', 'moonshot', 'deepseek', 'groq'] as const) {
      const { tool_calls: sent } =
        createSender({ base, requiredWithToolCalls: {} }).send({ messages }).messages[0] ?? {};
      expect(sent).toEqual(
        calls(...ids).role === 'assistant' && (calls(...ids) as { tool_calls?: unknown }).tool_calls,
      );
    }
  });

  test('a rule of the user applies', () => {
    const { send } = createSender({ base: 'vllm', toolCallIds: { pattern: '[a-z0-9A-Z]{12}', length: 12 } });
    const [call, answer] = send({ messages: [calls('call_1'), ...results('call_1')] }).messages;
    expect(JSON.stringify(call)).toContain(`"id":"${answer?.['tool_call_id']}"`);
    expect(answer?.['tool_call_id']).toMatch(/^[a-zA-Z0-9]{12}$/);
  });
});

describe('a conversation with calls in a request without tools', () => {
  const sql: Message = {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'b', type: 'custom', custom: { name: 'sql', input: 'S' } },
      { id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } },
    ],
  };
  const messages = [hi, called, result, sql];

  test.each<ProfileName>(['anthropic', 'litellm', 'openrouter'])(
    '%s gets placeholders that must not be called',
    (base) => {
      const { tools, tool_choice } = createSender({ base }).send({ messages });
      const definition = (name: string) => ({
        type: 'function',
        function: {
          name,
          description: 'No longer available. Do not call it.',
          parameters: { type: 'object', properties: {} },
        },
      });
      expect({ tools, tool_choice }).toEqual({ tools: [definition('look'), definition('sql')], tool_choice: 'none' });
    },
  );

  test('other servers, conversations without calls and requests with tools get no placeholders', () => {
    expect(createSender({ base: 'openai' }).send({ messages }).tools).toBeUndefined();
    expect(createSender({ base: 'anthropic' }).send({ messages: [hi, answer, more] })).not.toHaveProperty('tools');
    const tools = [{ type: 'function', function: { name: 'other' } }] as const;
    expect(createSender({ base: 'anthropic' }).send({ messages, tools }).tools).toEqual(tools);
  });

  test('sends no settings for tools with placeholders', () => {
    const { send } = createSender({ base: 'litellm', defaults: { parallel_tool_calls: true } });
    expect(send({ messages, parallel_tool_calls: false })).not.toHaveProperty('parallel_tool_calls');
  });
});
