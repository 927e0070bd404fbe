import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import { contentParts, toResult } from './tool-result.ts';

const image = { type: 'image_url', image_url: { url: 'https://a.test/1.png' } } as const;
const file = { type: 'file', file: { file_id: 'file-1' } } as const;

test.each([
  ['as long as the cap', '12345678', { content: '12345678', isText: true }],
  ['empty', '', { content: '' }],
  [
    'longer',
    '123456789',
    { content: '123456\n[… 1 character left out …]\n89', fullContent: '123456789', isText: true },
  ],
  [
    'much longer',
    'abcdefghijklmnopqrstuvwxyz',
    { content: 'abcdef\n[… 18 characters left out …]\nyz', fullContent: 'abcdefghijklmnopqrstuvwxyz' },
  ],
])('a text that is %s is told up to its cap, by head and tail', (_, text, result) => {
  expect(toResult(text, { maxLength: 8 })).toEqual(result);
});

test('no character is cut in two', () => {
  for (let before = 0; before < 8; before++) {
    const text = `${'x'.repeat(before)}${'😀'.repeat(20)}`;
    const { content, fullContent } = toResult(text, { maxLength: 9 });
    expect({ before, whole: content.isWellFormed(), fullContent }).toEqual({ before, whole: true, fullContent: text });
    expect(content.length).toBeLessThanOrEqual(9 + '\n[… 48 characters left out …]\n'.length);
  }
});

test('what is left out is counted right', () => {
  for (const text of ['x'.repeat(100), '😀'.repeat(50), `x${'😀'.repeat(50)}`]) {
    const { content } = toResult(text, { maxLength: 10 });
    const [head = '', note = '', tail = ''] = content.split('\n');
    const count = Number(/\d+/.exec(note)?.[0]);
    expect(head.length + count + tail.length).toBe(text.length);
    expect(text.startsWith(head) && text.endsWith(tail)).toBe(true);
  }
});

test('the smallest cap leaves one character', () => {
  expect(toResult('abc', { maxLength: 1 })).toEqual({
    content: 'a\n[… 2 characters left out …]\n',
    fullContent: 'abc',
  });
});

test('a value is told as JSON, within the same cap, and what JSON cannot say is reported', () => {
  expect(toResult({ id: 5n, name: 'long enough' }, { maxLength: 12 })).toEqual({
    content: '{"id":"5"\n[… 19 characters left out …]\nh"}',
    fullContent: '{"id":"5","name":"long enough"}',
    lossyPaths: ['id'],
  });
});

test.each([
  ['nothing', undefined, 'null'],
  ['what says nothing of itself', { toJSON: () => undefined }, 'null'],
])('a tool may give %s', (_, value, content) => {
  expect(toResult(value, { maxLength: 8 })).toEqual({ content });
});

test.each([
  [
    'text and images',
    contentParts({ type: 'text', text: 'Two ' }, image, { type: 'text', text: 'shots.' }, file),
    { content: 'Two shots.', parts: [image, file] },
  ],
  ['images alone', contentParts(image, image), { content: '2 files in the next message.', parts: [image, image] }],
  ['one file alone', contentParts(file), { content: '1 file in the next message.', parts: [file] }],
  ['text alone', contentParts({ type: 'text', text: 'Fine.' }), { content: 'Fine.' }],
  ['an empty text', contentParts({ type: 'text', text: '' }), { content: '' }],
  ['no parts', contentParts(), { content: '' }],
  ['a list of parts', contentParts([{ type: 'text', text: 'Fine.' }, image]), { content: 'Fine.', parts: [image] }],
  ['a list of none', contentParts([]), { content: '' }],
  [
    'a part of a server',
    contentParts({ type: 'video_url' } as never),
    { content: '1 file in the next message.', parts: [{ type: 'video_url' }] },
  ],
])('of parts the text is the result, and the others go beside it: %s', (_, value, result) => {
  expect(toResult(value, { maxLength: 100 })).toEqual(result);
});

test('the text of parts has the same cap', () => {
  expect(toResult(contentParts({ type: 'text', text: '123456789' }, image), { maxLength: 8 })).toEqual({
    content: '123456\n[… 1 character left out …]\n89',
    fullContent: '123456789',
    parts: [image],
  });
});

test.each([
  ['a list among parts', () => contentParts([image] as never, file), 'contentParts: part 1 is a list.'],
  ['a list in a list', () => contentParts([image, [file]] as never), 'contentParts: part 2 is a list.'],
  ['a text', () => contentParts('Fine.' as never), 'contentParts: part 1 is "Fine.".'],
  ['bytes', () => contentParts(image, new Uint8Array(2) as never), 'contentParts: part 2 is {"0":0,"1":0}.'],
  ['nothing', () => contentParts(undefined as never), 'contentParts: part 1 is undefined.'],
  ['a part without a type', () => contentParts({ url: 'x' } as never), 'contentParts: part 1 is {"url":"x"}.'],
  [
    'an image without its address',
    () => contentParts({ type: 'image_url', url: 'x' } as never),
    'Pass parts of Chat Completions',
  ],
])('%s is refused where it is passed', (_, make, message) => {
  expect(make).toThrow(message);
  expect(make).toThrow(ConfigError);
});
