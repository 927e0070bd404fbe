// Reports words of scripts/words.txt in sources, tests and pages.
//   node scripts/lint-words.ts [FOLDER…]
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['packages/*/src', 'test', 'scripts', 'examples', 'bench', 'mutation', 'runtimes', 'docs'];
const FILES = /\.(ts|mjs|md)$/;
/** What others wrote, what is generated, and what lists the words. */
const OTHERS =
  /node_modules|\/dist\/|-child-text\.ts$|scripts\/lint-words|docs\/peers|bench\/peers|test\/package\/lint-|mutation\/(reasons|results)|docs\/reference\/mutation|bench\/faults\/results/;

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
  const patterns = words.map((banned) => [banned, compilePattern(banned)] as const);
  return text
    .split('\n')
    .flatMap((line, index) =>
      patterns.flatMap(([{ word, instead, isInNames }, pattern]) =>
        pattern.test(line) ? [`${index + 1}: "${word}"${isInNames ? ' in a name' : ''}: use ${instead}`] : [],
      ),
    );
}

/** A part of a name begins the name or is capitalised, and the name has another part or is called. */
function compilePattern({ word, isInNames }: BannedWord): RegExp {
  if (!isInNames) return new RegExp(`(?<![\\w-])[${word[0]}${word[0]?.toUpperCase()}]${word.slice(1)}(?![\\w-])`);
  const capital = `${word[0]?.toUpperCase()}${word.slice(1)}`;
  return new RegExp(
    `\\b${word}[A-Z]\\w*|[a-z]${capital}(?![a-z])|\\b${capital}(?=[A-Z]\\w*)|\\b(?:function|const|let) ${word}\\b(?! of )`,
  );
}

/** Lists the problems of all files in these folders. @defaultValue all sources, tests and pages */
export function checkFolders(folders: readonly string[] = FOLDERS): readonly string[] {
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
  const problems = checkFolders(folders.length === 0 ? undefined : folders);
  if (problems.length > 0) console.error(problems.join('\n'));
  console.log(`${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
