import { describe, expect, test } from 'vitest';
import { message, sent } from '../../../../test/model/wired.ts';
import type { Message } from '../chat/message.ts';
import { PROFILES, type ProfileName } from './profiles.ts';

const bare = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }] as const;

describe('content that is empty', () => {
  test.each<[string, object]>([
    ['null', { content: null }],
    ['left out', {}],
    ['null, with a name', { content: null, name: 'Ann' }],
    ['an empty text', { content: '' }],
    ['an empty list', { content: [] }],
    ['a list of empty texts', { content: [{ type: 'text', text: '' }] }],
    [
      'null, beside padding',
      { content: null, refusal: '', audio: { id: '', data: '' }, function_call: { name: '', arguments: '' } },
    ],
    ['null, beside an empty list of calls', { content: null, tool_calls: [], reasoning_content: '' }],
  ])('leaves out an assistant message that says nothing: %s', (_, fields) => {
    const given = message({ role: 'assistant', ...fields });
    for (const base of Object.keys(PROFILES) as ProfileName[]) {
      expect(sent({ messages: [given] }, { base }, { isWithTools: true }).messages).toEqual([undefined]);
    }
  });

  test('leaves out a system message that says nothing', () => {
    const messages: Message[] = [
      { role: 'system', content: '' },
      { role: 'developer', content: [{ type: 'text', text: '' }] },
    ];
    expect(sent({ messages }, { base: 'openai' }).messages).toEqual([undefined, undefined]);
    expect(sent({ messages: [{ role: 'system', content: ' \n' }] }, { base: 'anthropic' }).messages).toEqual([
      undefined,
    ]);
  });

  test('keeps an assistant message that only has thought, where thoughts go back', () => {
    const given = message({ role: 'assistant', content: null, reasoning_content: 'Hm.' });
    expect(sent({ messages: [given] }, { base: 'deepseek' }).messages).toEqual([
      { role: 'assistant', content: '', reasoning_content: 'Hm.' },
    ]);
    expect(sent({ messages: [given] }, { base: 'openai' }).messages).toEqual([undefined]);
    expect(sent({ messages: [given] }, { base: 'moonshot' }).messages).toEqual([undefined]);
  });

  test('sends a refusal as the content where content may not be empty', () => {
    const given: Message = { role: 'assistant', content: null, refusal: 'No.' };
    expect(sent({ messages: [given] }, { base: 'openai' }).messages).toEqual([given]);
    expect(sent({ messages: [given] }, { base: 'anthropic' }).messages).toEqual([
      { role: 'assistant', content: 'No.' },
    ]);
  });

  test.each(['', ' \n\t', [], [{ type: 'text', text: '' }], null])(
    'puts a word in the place of what a server refuses in users’ messages and in results: %j',
    (content) => {
      const messages = [message({ role: 'user', content }), message({ role: 'tool', tool_call_id: 'a', content })];
      const filled = [
        { role: 'user', content: '(empty)' },
        { role: 'tool', tool_call_id: 'a', content: '(empty)' },
      ];
      expect(sent({ messages }, { base: 'anthropic' }).messages).toEqual(filled);
      expect(sent({ messages }, { base: 'moonshot' }).messages).toEqual(filled);
      const kept = typeof content === 'string' ? content : '';
      expect(sent({ messages }, { base: 'openai' }).messages).toEqual(
        filled.map((each) => ({ ...each, content: kept })),
      );
    },
  );

  test('takes empty texts out of a list, and white space where the server refuses it', () => {
    const parts = [
      { type: 'text', text: '' },
      { type: 'text', text: ' ' },
      { type: 'image_url', image_url: { url: 'data:,' } },
    ] as const;
    const messages: Message[] = [{ role: 'user', content: parts }];
    expect(sent({ messages }).messages).toEqual([{ role: 'user', content: [parts[1], parts[2]] }]);
    expect(sent({ messages }, { base: 'anthropic' }).messages).toEqual([{ role: 'user', content: [parts[2]] }]);
  });

  test('sends white space beside calls as none where the server refuses it', () => {
    const given: Message = { role: 'assistant', content: '\n\n', tool_calls: bare };
    expect(sent({ messages: [given] }, { base: 'anthropic' }).messages).toEqual([{ ...given, content: null }]);
    expect(sent({ messages: [given] }, { base: 'openai' }).messages).toEqual([given]);
  });
});

test('padding in a stored message is not sent', () => {
  const given = message({
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
  expect(sent({ messages: [given] }).messages).toEqual([{ role: 'assistant', content: 'a', tool_calls: bare }]);
});

test('fields of a vendor that are false or 0 say something', () => {
  const given = message({ role: 'assistant', content: 'a', prefix: false, score: 0 });
  expect(sent({ messages: [given] }).messages).toEqual([given]);
});
