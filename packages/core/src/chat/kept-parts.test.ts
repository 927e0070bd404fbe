import { expect, test } from 'vitest';
import { hashText } from '../base/hash-text.ts';
import { hasKeptTexts, isFilesNote, writeFilesNote } from './kept-parts.ts';

const keep = (text: string) => ({ length: text.length, hash: hashText(text) });

test('texts are those that were kept only if each is unchanged and none is left over', () => {
  const kept = [keep('Four '), keep('degrees.')];
  expect(hasKeptTexts('Four degrees.', kept)).toBe(true);
  expect(hasKeptTexts('Five degrees.', kept)).toBe(false);
  expect(hasKeptTexts('Four degrees. Bye.', kept)).toBe(false);
  expect(hasKeptTexts('Four degrees.', [{}])).toBe(false);
});

test.each([1, 12])('the note about %d files is not taken for a text of a tool', (count) => {
  expect(isFilesNote(writeFilesNote(count))).toBe(true);
  expect(isFilesNote(`I put ${writeFilesNote(count)}`)).toBe(false);
});
