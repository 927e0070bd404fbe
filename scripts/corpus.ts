// Writes docs/reference/corpus.md: what servers send, and how Pawl reads it.
//   node scripts/corpus.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CorpusFile, corpusFiles } from '../test/chat/corpus-files.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'reference', 'corpus.md');

/** Writes the text of the page. */
export function writeCorpusPage(): string {
  const sorted = [...corpusFiles].sort((a, b) => getSortKey(a).localeCompare(getSortKey(b), 'en'));
  const rows = sorted.map(({ server, what, source, file, ...rest }) => {
    const sent = source === undefined ? what : `${what} ([source](${source}))`;
    return `| ${server} | ${escapeCell(sent)} | ${escapeCell(describeReading(rest))} | [file](../../test/chat/corpus/${file}) |`;
  });
  return `${INTRODUCTION}${rows.join('\n')}\n`;
}

function getSortKey({ server, what }: CorpusFile): string {
  return `${server === 'a gateway' ? 'zz' : server.toLowerCase()} ${what}`;
}

function describeReading({ error, repairs = [] }: Pick<CorpusFile, 'error' | 'repairs'>): string {
  if (error !== undefined) return `\`${error['code']}\`, ${error['retryable'] === true ? 'retried' : 'not retried'}`;
  if (repairs.length === 0) return 'read unchanged';
  return repairs.map(({ path, note }) => `\`${path.replace(/^choices\[0\]\.(message\.)?/, '')}\` ${note}`).join('; ');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

const INTRODUCTION = `# What servers send, and how Pawl reads it

Generated from the files of \`test/chat/corpus\` by \`node scripts/corpus.ts\`. A test reads each file streamed,
unstreamed, and with its bytes cut at every place; the response must be the same each time. "A gateway" is a server whose program is
unknown. Repairs are reported as \`response.repaired\` events.

| server | what it sends | how Pawl reads it | |
|---|---|---|---|
`;

if (import.meta.main) writeFileSync(PAGE, writeCorpusPage());
