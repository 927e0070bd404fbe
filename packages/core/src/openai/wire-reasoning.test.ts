import { expect, test } from 'vitest';
import { message, sent } from '../../../../test/model/wired.ts';
import type { Message } from '../chat/message.ts';
import type { ProfileName } from './profiles.ts';

const bare = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }] as const;

test('a field that every assistant message needs beside tools is there, and only beside tools', () => {
  const messages: Message[] = [
    { role: 'assistant', content: 'Hello.' },
    message({ role: 'assistant', content: 'Hm.', reasoning_content: 'r' }),
    { role: 'user', content: 'Hi.' },
  ];
  expect(sent({ messages }, { base: 'deepseek' }, { isWithTools: true }).messages).toEqual([
    { role: 'assistant', content: 'Hello.', reasoning_content: '' },
    messages[1],
    messages[2],
  ]);
  expect(sent({ messages }, { base: 'deepseek' }, { isWithTools: false }).messages).toEqual(messages);
});

test.each<[ProfileName, object]>([
  ['deepseek', { reasoning_content: 'Look it up.' }],
  ['moonshot', { reasoning_content: 'Look it up.' }],
  ['zai', { reasoning_content: 'Look it up.' }],
  ['qwen', { reasoning_content: 'Look it up.' }],
  ['llamacpp', { reasoning_content: 'Look it up.' }],
  ['openrouter', { reasoning: 'Look it up.' }],
  ['ollama', { reasoning: 'Look it up.' }],
  ['vllm', { reasoning: 'Look it up.', reasoning_content: 'Look it up.' }],
])('reasoning goes back to %s under the name that it reads there, whoever brought it', (base, fields) => {
  for (const name of ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking']) {
    const given = message({ role: 'assistant', content: null, tool_calls: bare, [name]: 'Look it up.' });
    expect(sent({ messages: [given] }, { base }).messages).toEqual([
      { role: 'assistant', content: null, tool_calls: bare, ...fields },
    ]);
  }
});

test.each<ProfileName>(['openai', 'azure', 'groq', 'mistral', 'gemini', 'anthropic', 'cerebras'])(
  'reasoning does not go to %s, which knows no field for it',
  (base) => {
    const given = message({ role: 'assistant', content: 'a', reasoning_content: 'r', reasoning: 'r' });
    expect(sent({ messages: [given] }, { base }).messages).toEqual([{ role: 'assistant', content: 'a' }]);
  },
);

const signatures = {
  reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }],
  thinking_blocks: [{ type: 'thinking', thinking: 't', signature: 's' }],
};
const signed = { ...bare[0], extra_content: { google: { thought_signature: 'x' } } };

test.each<[ProfileName, object, object]>([
  ['openrouter', { reasoning_details: signatures.reasoning_details }, bare[0]],
  ['gemini', {}, signed],
  ['litellm', signatures, signed],
  ['compatible', signatures, signed],
])('%s gets back the signatures that it knows', (base, fields, call) => {
  const given = message({ role: 'assistant', content: 'a', ...signatures, tool_calls: [signed] });
  expect(sent({ messages: [given] }, { base, requiredWithToolCalls: {} }).messages).toEqual([
    { role: 'assistant', content: 'a', ...fields, tool_calls: [call] },
  ]);
});

test.each<ProfileName>([
  ...(['openai', 'azure', 'foundry', 'vllm', 'llamacpp', 'ollama', 'lmstudio', 'groq', 'mistral', 'deepseek'] as const),
  ...(['xai', 'moonshot', 'qwen', 'anthropic', 'cerebras', 'zai'] as const),
])('%s gets no signature of another vendor', (base) => {
  const given = message({
    role: 'assistant',
    content: 'a',
    ...signatures,
    tool_calls: [{ ...signed, id: 'abcdefghi' }],
  });
  expect(sent({ messages: [given] }, { base, requiredWithToolCalls: {} }).messages).toEqual([
    { role: 'assistant', content: 'a', tool_calls: [{ ...bare[0], id: 'abcdefghi' }] },
  ]);
});

test('Foundry gets back the thoughts that it brought, and is sent none under another name', () => {
  const own = message({ role: 'assistant', content: 'a', reasoning_content: 'r' });
  const foreign = message({ role: 'assistant', content: 'a', reasoning: 'r' });
  expect(sent({ messages: [own, foreign] }, { base: 'foundry' }).messages).toEqual([
    own,
    { role: 'assistant', content: 'a' },
  ]);
});
