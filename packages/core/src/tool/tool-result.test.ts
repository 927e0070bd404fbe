import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import { contentParts, toResult } from './tool-result.ts';

const image = { type: 'image_url', image_url: { url: 'https://a.test/1.png' } } as const;
const file = { type: 'file', file: { file_id: 'file-1' } } as const;

test.each([
  ['as long as the limit', '12345678', { content: '12345678', isText: true }],
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
])('limits a text that is %s to its beginning and end', (_, text, result) => {
  expect(toResult(text, { maxLength: 8 })).toEqual(result);
});

test('does not split a surrogate pair', () => {
  for (let before = 0; before < 8; before++) {
    const text = `${'x'.repeat(before)}${'😀'.repeat(20)}`;
    const { content, fullContent } = toResult(text, { maxLength: 9 });
    expect({ before, whole: content.isWellFormed(), fullContent }).toEqual({ before, whole: true, fullContent: text });
    expect(content.length).toBeLessThanOrEqual(9 + '\n[… 48 characters left out …]\n'.length);
  }
});

test('counts the omitted characters', () => {
  for (const text of ['x'.repeat(100), '😀'.repeat(50), `x${'😀'.repeat(50)}`]) {
    const { content } = toResult(text, { maxLength: 10 });
    const [head = '', note = '', tail = ''] = content.split('\n');
    const count = Number(/\d+/.exec(note)?.[0]);
    expect(head.length + count + tail.length).toBe(text.length);
    expect(text.startsWith(head) && text.endsWith(tail)).toBe(true);
  }
});

test('keeps one character at the smallest limit', () => {
  expect(toResult('abc', { maxLength: 1 })).toEqual({
    content: 'a\n[… 2 characters left out …]\n',
    fullContent: 'abc',
  });
});

test('limits JSON in the same way, and reports lossy paths', () => {
  expect(toResult({ id: 5n, name: 'long enough' }, { maxLength: 12 })).toEqual({
    content: '{"id":"5"\n[… 19 characters left out …]\nh"}',
    fullContent: '{"id":"5","name":"long enough"}',
    lossyPaths: ['id'],
  });
});

test.each([
  ['nothing', undefined, 'null'],
  ['a value whose toJSON returns undefined', { toJSON: () => undefined }, 'null'],
])('converts %s', (_, value, content) => {
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
  ['an empty list of parts', contentParts([]), { content: '' }],
  [
    'a part type of a server',
    contentParts({ type: 'video_url' } as never),
    { content: '1 file in the next message.', parts: [{ type: 'video_url' }] },
  ],
])('uses the text of parts as the content, and keeps the other parts: %s', (_, value, result) => {
  expect(toResult(value, { maxLength: 100 })).toEqual(result);
});

test('limits the text of parts', () => {
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
    'an image without a URL',
    () => contentParts({ type: 'image_url', url: 'x' } as never),
    'Pass parts of Chat Completions',
  ],
])('refuses %s', (_, make, message) => {
  expect(make).toThrow(message);
  expect(make).toThrow(ConfigError);
});
