import { readFile } from 'node:fs/promises';
import { formatUsage } from './arguments.ts';
import type { CommandSpec } from './command-spec.ts';
import { COMMANDS } from './command-table.ts';

export function formatHelp(): string {
  const names = COMMANDS.map(({ name, positionals }) => [name, ...positionals].join(' '));
  const width = Math.max(...names.map(({ length }) => length));
  const lines = COMMANDS.map(({ summary }, index) => `  ${(names[index] ?? '').padEnd(width)}  ${summary}\n`);
  return `pawl: runs, serves, inspects and answers agents.

${lines.join('')}
AGENT is file.ts, file.ts#export, or the URL of a served agent: http://127.0.0.1:7295#support.
Runs are in --runs, else in PAWL_RUNS, else in ./.pawl/runs.db.

  pawl COMMAND --help    the options of a command
  pawl help exit-codes   what an exit code means
  pawl --version
`;
}

export function formatCommandHelp(command: CommandSpec): string {
  const { summary, options } = command;
  const flags = Object.entries(options).map(
    ([name, { value }]) => `--${name}${value === undefined ? '' : ` ${value}`}`,
  );
  const width = Math.max(0, ...flags.map(({ length }) => length));
  const lines = Object.values(options).map(
    (option, index) => `  ${(flags[index] ?? '').padEnd(width)}  ${option.summary}\n`,
  );
  return `${formatUsage(command)}\n\n${summary}\n${lines.length === 0 ? '' : `\n${lines.join('')}`}`;
}

/** Reads the version of the package. */
export async function formatVersion(): Promise<string> {
  const { version }: { readonly version: string } = JSON.parse(
    await readFile(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return version;
}
