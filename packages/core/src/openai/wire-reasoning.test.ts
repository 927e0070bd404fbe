import { expect, test } from 'vitest';
import { asMessage, toSentMessages } from '../../../../test/model/create-sender.ts';
import type { Message } from '../chat/message.ts';
import type { ProfileName } from './profiles.ts';

const bare = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }] as const;

test('sends a field that assistant messages need with tools, and only with tools', () => {
  const messages: Message[] = [
    { role: 'assistant', content: 'Hello.' },
    asMessage({ role: 'assistant', content: 'Hm.', reasoning_content: 'r' }),
    { role: 'user', content: 'Hi.' },
  ];
  expect(toSentMessages({ messages }, { base: 'deepseek' }, { isWithTools: true }).messages).toEqual([
    { role: 'assistant', content: 'Hello.', reasoning_content: '' },
    messages[1],
    messages[2],
  ]);
  expect(toSentMessages({ messages }, { base: 'deepseek' }, { isWithTools: false }).messages).toEqual(messages);
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
])('sends reasoning back to %s under its own field name, from any server', (base, fields) => {
  for (const name of ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking']) {
    const given = asMessage({ role: 'assistant', content: null, tool_calls: bare, [name]: 'Look it up.' });
    expect(toSentMessages({ messages: [given] }, { base }).messages).toEqual([
      { role: 'assistant', content: null, tool_calls: bare, ...fields },
    ]);
  }
});

test.each<ProfileName>(['openai', 'azure', 'groq', 'mistral', 'gemini', 'anthropic', 'cerebras'])(
  'does not send reasoning to %s, which has no field for it',
  (base) => {
    const given = asMessage({ role: 'assistant', content: 'a', reasoning_content: 'r', reasoning: 'r' });
    expect(toSentMessages({ messages: [given] }, { base }).messages).toEqual([{ role: 'assistant', content: 'a' }]);
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
])('sends back to %s the signatures that it knows', (base, fields, call) => {
  const given = asMessage({ role: 'assistant', content: 'a', ...signatures, tool_calls: [signed] });
  expect(toSentMessages({ messages: [given] }, { base, requiredWithToolCalls: {} }).messages).toEqual([
    { role: 'assistant', content: 'a', ...fields, tool_calls: [call] },
  ]);
});

test.each<ProfileName>([
  ...(['openai', 'azure', 'foundry', 'vllm', 'llamacpp', 'ollama', 'lmstudio', 'groq', 'mistral', 'deepseek'] as const),
  ...(['xai', 'moonshot', 'qwen', 'anthropic', 'cerebras', 'zai'] as const),
])('sends no signature of another vendor to %s', (base) => {
  const given = asMessage({
    role: 'assistant',
    content: 'a',
    ...signatures,
    tool_calls: [{ ...signed, id: 'abcdefghi' }],
  });
  expect(toSentMessages({ messages: [given] }, { base, requiredWithToolCalls: {} }).messages).toEqual([
    { role: 'assistant', content: 'a', tool_calls: [{ ...bare[0], id: 'abcdefghi' }] },
  ]);
});

test('sends Foundry its own reasoning back, and none under another name', () => {
  const own = asMessage({ role: 'assistant', content: 'a', reasoning_content: 'r' });
  const foreign = asMessage({ role: 'assistant', content: 'a', reasoning: 'r' });
  expect(toSentMessages({ messages: [own, foreign] }, { base: 'foundry' }).messages).toEqual([
    own,
    { role: 'assistant', content: 'a' },
  ]);
});
