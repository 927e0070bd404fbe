// Writes the tables of commands and exit codes into docs/guide/cli.md, from the code of the command.
//   node scripts/cli.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandSpec } from '../packages/cli/src/command-spec.ts';
import { COMMANDS } from '../packages/cli/src/command-table.ts';
import { EXIT_CODES } from '../packages/cli/src/exit-code.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'guide', 'cli.md');

/** Returns the page with both tables as the code has them. */
export function buildCliTables(page: string): string {
  return replacePart(replacePart(page, 'commands', buildCommands()), 'exit codes', buildExitCodes());
}

function replacePart(page: string, name: string, table: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`docs/guide/cli.md has no part "${name}". Add ${start} and ${end}.`);
  return `${page.slice(0, from + start.length)}\n\n${table}\n${page.slice(to)}`;
}

function buildCommands(): string {
  const rows = COMMANDS.map(
    (command) => `| ${formatName(command)} | ${escapeCell(command.summary)} | ${listOptions(command)} |`,
  );
  return `| command | does | options |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function formatName({ name, positionals }: CommandSpec): string {
  return `\`${escapeCell(['pawl', name, ...positionals].join(' '))}\``;
}

function listOptions({ options }: CommandSpec): string {
  return Object.entries(options)
    .map(([name, { value }]) => `\`--${name}${value === undefined ? '' : ` ${escapeCell(value)}`}\``)
    .join(' ');
}

function buildExitCodes(): string {
  const rows = Object.values(EXIT_CODES).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return `| code | meaning |\n|---|---|\n${rows.join('\n')}\n`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) writeFileSync(PAGE, buildCliTables(readFileSync(PAGE, 'utf8')));
