// Writes docs/reference/mutation.md anew, after reasons.ts was changed: node mutation/page.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findReason, type Results, type RoomResult, readResults, type Survivor } from './results.ts';
import { ROOMS } from './rooms.ts';

/** Where the page is. */
export const MUTATION_PAGE: string = join(import.meta.dirname, '..', 'docs', 'reference', 'mutation.md');

const NO_REASON = 'no reason yet: a test is missing, or was added after this run';

/** The page as it has to be. */
export function renderPage(results: Results): string {
  const rooms = Object.keys(ROOMS).flatMap((name) => {
    const result = results[name];
    return result === undefined ? [] : [{ name, result }];
  });
  const rows = rooms.map(({ name, result }) => renderRow(name, result));
  const sections = rooms.map(({ name, result }) => renderSection(name, result));
  return `${INTRODUCTION}${rows.join('\n')}\n\n${sections.join('\n')}`;
}

function renderRow(name: string, { date, fileCount, sample, before, after }: RoomResult): string {
  const tried = sample === undefined ? 'all' : `${sample.percent} %, seed ${sample.seed}`;
  const cells = [after.total, after.killed, after.timedOut, after.survived, after.notCovered];
  return `| ${name} | ${fileCount} | ${tried} | ${cells.join(' | ')} | ${before.score} % | ${after.score} % | ${date} |`;
}

function renderSection(name: string, { survivors }: RoomResult): string {
  if (survivors.length === 0) return `## ${name}\n\nNothing survives.\n`;
  const byReason = Map.groupBy(survivors, (survivor) => findReason(survivor) ?? NO_REASON);
  const lists = [...byReason]
    .toSorted(([one], [other]) => Number(one === NO_REASON) - Number(other === NO_REASON) || one.localeCompare(other))
    .map(([reason, list]) => `${capitalize(reason)}:\n\n${list.map(renderLine).join('\n')}\n`);
  return `## ${name}\n\n${lists.join('\n')}`;
}

function renderLine({ file, code, original, replacement }: Survivor): string {
  const name = file.split('/').slice(-2).join('/');
  const where = original === code ? '' : ` in ${asCode(code)}`;
  return `- ${name}: ${asCode(original)} → ${asCode(replacement)}${where}`;
}

function asCode(code: string): string {
  if (code === '') return 'nothing';
  const text = code.replaceAll('{{', '{ {'); // The site would take it for a template.
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function capitalize(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

const INTRODUCTION = `# Mutation testing

Generated from \`mutation/results.json\` and \`mutation/reasons.ts\` by \`npm run mutate -- ROOM --write\`. The program changes the
code of a room in one small way at a time: a condition that is always true, a comparison off by one, a call left out. If every test
still passes, the change survives, and a test is missing or the code is needless. [StrykerJS](https://stryker-mutator.io) makes
the mutants and runs the tests that cover them, in a copy of the workspace. \`mutation/rooms.ts\` has the files of a room and its
tests; the slowest tests are not among them, so that a mutant listed here may be noticed by the whole suite. Texts for people are
not mutated. Generated tests try a tenth of their examples, the same ones for each mutant. It is no part of CI. A mutant counts as
timed out only if its tests did not end in several times the time that they take without it, when it was tried alone. The first score is that of the first run that was recorded.

| room | files | tried | mutants | killed | timed out | survived | not covered | first score | score | date |
|---|---|---|---|---|---|---|---|---|---|---|
`;

if (import.meta.main) writeFileSync(MUTATION_PAGE, renderPage(readResults()));
