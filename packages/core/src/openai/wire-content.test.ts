import { describe, expect, test } from 'vitest';
import { asMessage, toSentMessages } from '../../../../test/model/create-sender.ts';
import type { Message } from '../chat/message.ts';
import { PROFILES, type ProfileName } from './profiles.ts';

const bare = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }] as const;

describe('empty content', () => {
  test.each<[string, object]>([
    ['null', { content: null }],
    ['left out', {}],
    ['null, with a name', { content: null, name: 'Ann' }],
    ['an empty text', { content: '' }],
    ['an empty list', { content: [] }],
    ['a list of empty texts', { content: [{ type: 'text', text: '' }] }],
    [
      'null, with padding',
      { content: null, refusal: '', audio: { id: '', data: '' }, function_call: { name: '', arguments: '' } },
    ],
    ['null, with an empty list of calls', { content: null, tool_calls: [], reasoning_content: '' }],
  ])('omits an empty assistant message: %s', (_, fields) => {
    const given = asMessage({ role: 'assistant', ...fields });
    for (const base of Object.keys(PROFILES) as ProfileName[]) {
      expect(toSentMessages({ messages: [given] }, { base }, { isWithTools: true }).messages).toEqual([undefined]);
    }
  });

  test('omits an empty system message', () => {
    const messages: Message[] = [
      { role: 'system', content: '' },
      { role: 'developer', content: [{ type: 'text', text: '' }] },
    ];
    expect(toSentMessages({ messages }, { base: 'openai' }).messages).toEqual([undefined, undefined]);
    expect(toSentMessages({ messages: [{ role: 'system', content: ' \n' }] }, { base: 'anthropic' }).messages).toEqual([
      undefined,
    ]);
  });

  test('keeps an assistant message with only reasoning if reasoning is sent back', () => {
    const given = asMessage({ role: 'assistant', content: null, reasoning_content: 'Hm.' });
    expect(toSentMessages({ messages: [given] }, { base: 'deepseek' }).messages).toEqual([
      { role: 'assistant', content: '', reasoning_content: 'Hm.' },
    ]);
    expect(toSentMessages({ messages: [given] }, { base: 'openai' }).messages).toEqual([undefined]);
    expect(toSentMessages({ messages: [given] }, { base: 'moonshot' }).messages).toEqual([undefined]);
  });

  test('sends a refusal as content if content must not be empty', () => {
    const given: Message = { role: 'assistant', content: null, refusal: 'No.' };
    expect(toSentMessages({ messages: [given] }, { base: 'openai' }).messages).toEqual([given]);
    expect(toSentMessages({ messages: [given] }, { base: 'anthropic' }).messages).toEqual([
      { role: 'assistant', content: 'No.' },
    ]);
  });

  test.each(['', ' \n\t', [], [{ type: 'text', text: '' }], null])(
    'replaces empty content that a server refuses by a placeholder in user messages and results: %j',
    (content) => {
      const messages = [asMessage({ role: 'user', content }), asMessage({ role: 'tool', tool_call_id: 'a', content })];
      const filled = [
        { role: 'user', content: '(empty)' },
        { role: 'tool', tool_call_id: 'a', content: '(empty)' },
      ];
      expect(toSentMessages({ messages }, { base: 'anthropic' }).messages).toEqual(filled);
      expect(toSentMessages({ messages }, { base: 'moonshot' }).messages).toEqual(filled);
      const kept = typeof content === 'string' ? content : '';
      expect(toSentMessages({ messages }, { base: 'openai' }).messages).toEqual(
        filled.map((each) => ({ ...each, content: kept })),
      );
    },
  );

  test('removes empty texts from a list, and white space if the server refuses it', () => {
    const parts = [
      { type: 'text', text: '' },
      { type: 'text', text: ' ' },
      { type: 'image_url', image_url: { url: 'data:,' } },
    ] as const;
    const messages: Message[] = [{ role: 'user', content: parts }];
    expect(toSentMessages({ messages }).messages).toEqual([{ role: 'user', content: [parts[1], parts[2]] }]);
    expect(toSentMessages({ messages }, { base: 'anthropic' }).messages).toEqual([
      { role: 'user', content: [parts[2]] },
    ]);
  });

  test('sends no white space with calls if the server refuses it', () => {
    const given: Message = { role: 'assistant', content: '\n\n', tool_calls: bare };
    expect(toSentMessages({ messages: [given] }, { base: 'anthropic' }).messages).toEqual([
      { ...given, content: null },
    ]);
    expect(toSentMessages({ messages: [given] }, { base: 'openai' }).messages).toEqual([given]);
  });
});

test('does not send empty fields of a stored message', () => {
  const given = asMessage({
    role: 'assistant',
    content: 'a',
    name: '',
    refusal: '',
    audio: { data: '', expires_at: 0, id: '', transcript: '' },
    function_call: { arguments: '', name: '' },
    annotations: [],
    provider: { name: '', tags: [null] },
    tool_calls: [{ ...bare[0], custom: { input: '', name: '' } }],
  });
  expect(toSentMessages({ messages: [given] }).messages).toEqual([
    { role: 'assistant', content: 'a', tool_calls: bare },
  ]);
});

test('sends vendor fields that are false or 0', () => {
  const given = asMessage({ role: 'assistant', content: 'a', prefix: false, score: 0 });
  expect(toSentMessages({ messages: [given] }).messages).toEqual([given]);
});
