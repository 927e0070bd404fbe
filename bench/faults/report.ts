import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepFaults } from '../results.ts';
import type { Did } from './fault.ts';
import { findOutcome, matrix, type Outcome, type Table } from './matrix.ts';

/** The table, and below it what each fault is, what counts as a pass, and what everybody did, word for word. */
export function report(table: Table): string {
  const { faults, entrants, outcomes } = table;
  const details = faults.flatMap(({ name, happens, passes }) => [
    `## ${name}`,
    '',
    happens,
    `Pass: ${passes}`,
    '',
    ...entrants.map((each) => told(each.name, findOutcome(outcomes, { fault: name, entrant: each.name }))),
    '',
  ]);
  const who = entrants.map(({ name, by, versions }) => `- \`${name}\`: ${versions}, ${by}`);
  return [...who, '', matrix(table), '', ...details].join('\n');
}

function told(name: string, outcome: Outcome | undefined): string {
  if (outcome === undefined) return `- \`${name}\`: was not tried`;
  const { did, isPassed, requests } = outcome;
  const ran = did.ran.map(({ tool, input }) => `${tool}(${JSON.stringify(input)})`).join(', ');
  const sent = `${requests} ${requests === 1 ? 'request' : 'requests'}`;
  const tools = ran === '' ? 'no tool run' : `ran ${shortened(ran)}`;
  return `- ${isPassed ? 'pass' : '**–**'} \`${name}\`: ${ended(did)}; ${sent}, ${tools}, ${(did.durationMs / 1_000).toFixed(1)} s`;
}

function ended({ ended, text, finish, error = '' }: Did): string {
  const said = finish === undefined ? '' : `, finish reason \`${finish}\``;
  switch (ended) {
    case 'answered':
      return `gave ${quoted(text ?? '')}${said}`;
    case 'threw':
      return `threw ${quoted(error)}`;
    case 'hung':
      return 'hung until the deadline';
    case 'died':
      return `its process died: ${quoted(error)}`;
  }
}

const LONGEST = 240;

function quoted(text: string): string {
  const line = shortened(text.replaceAll(/\s+/g, ' '));
  return line.includes('`') ? `“${line}”` : `\`${line}\``;
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

export function save(table: Table): void {
  const outcomes = table.outcomes.map(({ did: { details: _, ...did }, ...outcome }) => ({ ...outcome, did }));
  const head = [
    '# Faults: what Pawl and other frameworks make of them',
    '',
    `Made by \`npm run bench -- faults --peers --save\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}.`,
    'Each framework with its defaults, as its documentation uses it, in a process of its own against a server on 127.0.0.1.',
    'Where an error is shown, it is what was thrown, word for word, up to a length. The whole is in `results.json`.',
    '',
  ].join('\n');
  writeFileSync(join(import.meta.dirname, 'results.md'), `${head}\n${report(table)}`);
  keepFaults({ ...table, outcomes });
}
