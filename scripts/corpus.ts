// Writes docs/reference/corpus.md: what servers send, and what is made of it.
//   node scripts/corpus.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CorpusFile, corpusFiles } from '../test/chat/corpus-files.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'reference', 'corpus.md');

/** The page as it has to be. */
export function corpusPage(): string {
  const sorted = [...corpusFiles].sort((a, b) => order(a).localeCompare(order(b), 'en'));
  const rows = sorted.map(({ server, what, source, file, ...rest }) => {
    const seen = source === undefined ? what : `${what} ([source](${source}))`;
    return `| ${server} | ${cell(seen)} | ${cell(made(rest))} | [file](../../test/chat/corpus/${file}) |`;
  });
  return `${INTRODUCTION}${rows.join('\n')}\n`;
}

function order({ server, what }: CorpusFile): string {
  return `${server === 'a gateway' ? 'zz' : server.toLowerCase()} ${what}`;
}

function made({ error, mends = [] }: Pick<CorpusFile, 'error' | 'mends'>): string {
  if (error !== undefined)
    return `\`${error['code']}\`, ${error['retryable'] === true ? 'tried again' : 'not tried again'}`;
  if (mends.length === 0) return 'read as it is';
  return mends.map(({ path, note }) => `\`${path.replace(/^choices\[0\]\.(message\.)?/, '')}\` ${note}`).join('; ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

const INTRODUCTION = `# What servers send, and how Pawl reads it

Generated from the files of \`test/chat/corpus\` by \`node scripts/corpus.ts\`. Each file is read streamed, unstreamed, and with its
bytes split at every place, and must give the same response each time. "A gateway" stands for oddities whose program is unknown.
Repairs are reported as \`response.repaired\`.

| server | what it sends | how Pawl reads it | |
|---|---|---|---|
`;

if (import.meta.main) writeFileSync(PAGE, corpusPage());
