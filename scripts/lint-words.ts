// Reports words of scripts/words.txt in sources, tests and pages.
//   node scripts/lint-words.ts [FOLDER…]
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['packages/*/src', 'test', 'scripts', 'examples', 'bench', 'mutation', 'runtimes', 'docs'];
const FILES = /\.(ts|mjs|md)$/;
/** What others wrote, what is generated, and what lists the words. */
const OTHERS =
  /node_modules|\/dist\/|-child-text\.ts$|scripts\/lint-words|docs\/peers|bench\/peers|test\/package\/lint-words/;

export interface BannedWord {
  readonly word: string;
  readonly instead: string;
  /** Only in names, as one of their parts. */
  readonly isInNames: boolean;
}

export function readWords(): readonly BannedWord[] {
  const lines = readFileSync(join(import.meta.dirname, 'words.txt'), 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, name, word, instead] = /^(name:)?(\S.*?)\s{2,}(.*)$/.exec(line.startsWith('#') ? '' : line) ?? [];
    return word === undefined || instead === undefined ? [] : [{ word, instead, isInNames: name !== undefined }];
  });
}

/** Says where a text has a word that it must not have, as `line: problem`. */
export function findWords(text: string, words: readonly BannedWord[]): readonly string[] {
  const patterns = words.map((banned) => [banned, patternOf(banned)] as const);
  return text
    .split('\n')
    .flatMap((line, index) =>
      patterns.flatMap(([{ word, instead, isInNames }, pattern]) =>
        pattern.test(line) ? [`${index + 1}: "${word}"${isInNames ? ' in a name' : ''}: use ${instead}`] : [],
      ),
    );
}

/** A part of a name begins the name or is capitalised, and the name has another part or is called. */
function patternOf({ word, isInNames }: BannedWord): RegExp {
  if (!isInNames) return new RegExp(`(?<![\\w-])${word}(?![\\w-])`, 'i');
  const capital = `${word[0]?.toUpperCase()}${word.slice(1)}`;
  return new RegExp(
    `\\b${word}[A-Z]\\w*|[a-z]${capital}(?![a-z])|\\b${capital}(?=[A-Z]\\w*)|\\b(?:function|const|let) ${word}\\b`,
  );
}

function checkFolders(folders: readonly string[]): readonly string[] {
  const words = readWords();
  const files = folders
    .flatMap((folder) => globSync(`${folder}/**/*`, { cwd: ROOT }))
    .filter((file) => FILES.test(file) && !OTHERS.test(file))
    .sort();
  return files.flatMap((file) =>
    findWords(readFileSync(join(ROOT, file), 'utf8'), words).map((problem) => `${file}:${problem}`),
  );
}

if (import.meta.main) {
  const folders = process.argv.slice(2);
  const problems = checkFolders(folders.length === 0 ? FOLDERS : folders);
  if (problems.length > 0) console.error(problems.join('\n'));
  console.log(`${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
