import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepFaults } from '../results.ts';
import type { FrameworkRun } from './fault.ts';
import { type FaultOutcome, type FaultTable, findOutcome, formatMatrix } from './matrix.ts';

/** Formats the table, and below it each fault, what counts as a pass, and what each framework did. */
export function formatReport(table: FaultTable): string {
  const { faults, entrants, outcomes } = table;
  const details = faults.flatMap(({ name, happens, passes }) => [
    `## ${name}`,
    '',
    happens,
    `Pass: ${passes}`,
    '',
    ...entrants.map((each) => formatOutcome(each.name, findOutcome(outcomes, { fault: name, entrant: each.name }))),
    '',
  ]);
  const who = entrants.map(({ name, by, versions }) => `- \`${name}\`: ${versions}, ${by}`);
  return [...who, '', formatMatrix(table), '', ...details].join('\n');
}

function formatOutcome(name: string, outcome: FaultOutcome | undefined): string {
  if (outcome === undefined) return `- \`${name}\`: was not tried`;
  const { did, isPassed, requests, seen } = outcome;
  const ran = did.ran.map(({ tool, input }) => `${tool}(${JSON.stringify(input)})`).join(', ');
  const sent = `${requests} ${requests === 1 ? 'request' : 'requests'}`;
  const tools = seen ?? (ran === '' ? 'no tool run' : `ran ${shorten(ran)}`);
  return `- ${isPassed ? 'pass' : '**–**'} \`${name}\`: ${formatEnding(did)}; ${sent}, ${tools}, ${(did.durationMs / 1_000).toFixed(1)} s`;
}

function formatEnding({ ended, text, finish, error = '' }: FrameworkRun): string {
  const finishText = finish === undefined ? '' : `, finish reason \`${finish}\``;
  switch (ended) {
    case 'answered':
      return `gave ${quote(text ?? '')}${finishText}`;
    case 'threw':
      return `threw ${quote(error)}`;
    case 'hung':
      return 'hung until the deadline';
    case 'died':
      return `its process died: ${quote(error)}`;
  }
}

const MAX_LENGTH = 240;

function quote(text: string): string {
  const line = shorten(text.replaceAll(/\s+/g, ' '));
  return line.includes('`') ? `“${line}”` : `\`${line}\``;
}

function shorten(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}

/** Where results go: `path.md` and `path.json`. */
export interface SavedReport {
  readonly title: string;
  readonly command: string;
  readonly path: string;
}

export function save(table: FaultTable, { title, command, path }: SavedReport): void {
  const outcomes = table.outcomes.map(({ did: { details: _, ...did }, ...outcome }) => ({ ...outcome, did }));
  const head = [
    `# ${title}`,
    '',
    `Made by \`${command}\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}.`,
    'Each framework with its defaults, as its documentation uses it, in a process of its own against a server on 127.0.0.1.',
    'Where an error is shown, it is what was thrown, word for word, up to a length. The whole is in `results.json`.',
    '',
  ].join('\n');
  writeFileSync(join(import.meta.dirname, '..', '..', `${path}.md`), `${head}\n${formatReport(table)}`);
  const faults = table.faults.map(({ name, happens, passes }) => ({ name, happens, passes }));
  keepFaults(`${path}.json`, { ...table, faults, outcomes });
}
