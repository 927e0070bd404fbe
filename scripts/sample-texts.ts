// Prints comments and test titles that are chosen by a seed, so that anybody can judge how they read.
//   node scripts/sample-texts.ts [SEED] [COMMENTS] [TITLES]
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** A generator of numbers from 0 to 1 that gives the same ones for a seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sample(texts: readonly string[], count: number, random: () => number): readonly string[] {
  const left = [...texts];
  return Array.from(
    { length: Math.min(count, left.length) },
    () => left.splice(Math.floor(random() * left.length), 1)[0] ?? '',
  );
}

/** Lists texts as `file: text`, one line each. */
function listTexts(files: readonly string[], pattern: RegExp): readonly string[] {
  return files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(pattern)].map(([, ...groups]) => {
      const text = groups.find((group) => group !== undefined) ?? '';
      return `${file}: ${text.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim()}`;
    }),
  );
}

const [seed = 22, comments = 100, titles = 50] = process.argv.slice(2).map(Number);
const files = globSync(['packages/*/src/**/*.ts', 'test/**/*.ts', 'scripts/*.ts', 'examples/*.ts', 'bench/*.ts'], {
  cwd: ROOT,
})
  .filter((file) => !/-child-text\.ts$|node_modules/.test(file))
  .sort();
const random = createRandom(seed);
const foundComments = listTexts(files, /\/\*\*?([\s\S]*?)\*\/|(?<=^|[\s;,{(])\/\/ (.*)$/gm);
const foundTitles = listTexts(
  files.filter((file) => file.endsWith('.test.ts')),
  /^\s*test(?:\.\w+)*(?:\([^\n]*\))?\(\s*(?:'((?:[^'\\\n]|\\.)*)'|`([^`\n]*)`)/gm,
);
console.log(
  `Seed ${seed}: ${comments} of ${foundComments.length} comments, ${titles} of ${foundTitles.length} titles.\n`,
);
console.log(sample(foundComments, comments, random).join('\n'));
console.log();
console.log(sample(foundTitles, titles, random).join('\n'));
