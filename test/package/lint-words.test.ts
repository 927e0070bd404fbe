import { describe, expect, test } from 'vitest';
import { checkFolders, findWords, readWords } from '../../scripts/lint-words.ts';

const words = readWords();

describe('a word that must not come back', () => {
  test.each([
    ['// What is left in the purse.', '1: "purse": use budget'],
    ['const a = 1;\n/** Repairs are told. */', '2: "told": use is passed, is emitted, gets'],
    ['const factStep = 1;', '1: "fact" in a name: use journal event'],
    ['function toFact() {}', '1: "fact" in a name: use journal event'],
    ['interface FactStep {}', '1: "fact" in a name: use journal event'],
    ['const reply = 1;', '1: "reply" in a name: use response'],
  ])('is found in %j', (text, problem) => {
    expect(findWords(text, words)).toContain(problem);
  });

  test.each(['A fact of life.', 'An artifact.', 'const factory = 1;', 'The notice board.', '// Pursed lips.'])(
    'is not found in %j',
    (text) => {
      expect(findWords(text, words)).toEqual([]);
    },
  );
});

test('no source, test or page has such a word', () => {
  expect(checkFolders()).toEqual([]);
});
