import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

test('splits lines wherever their bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 1, max: 9 }), (texts, size) => {
      const lines = texts.map((text) => text.replaceAll(/[\r\n]/g, ''));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const read: string[] = [];
      const splitter = new LineSplitter((line) => read.push(line), 1000);
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
      expect(read).toEqual(lines);
    }),
  );
});

test('removes a carriage return at the end of a line', () => {
  const read: string[] = [];
  new LineSplitter((line) => read.push(line), 1000).push(Buffer.from('a\r\n\r\n'));
  expect(read).toEqual(['a', '']);
});

test('refuses a line that is too long before it ends', () => {
  const splitter = new LineSplitter(() => {}, 4);
  expect(splitter.push(Buffer.from('abcd'))).toBe(true);
  expect(splitter.push(Buffer.from('e'))).toBe(false);
});
