import type { CommandContext } from '../command-context.ts';
import { type Check, listChecks } from '../doctor/checks.ts';

/** `pawl doctor [AGENT]`: every check runs, whatever the others say. */
export async function executeDoctor(context: CommandContext): Promise<number> {
  const { args, output } = context;
  let hasFailed = false;
  for await (const check of listChecks(context)) {
    hasFailed ||= check.status === 'failed';
    if (args.hasFlag('json')) await output.writeJson({ type: 'check', ...check });
    else await output.writeLine(formatCheck(check, output.isTerminal));
  }
  return hasFailed ? 1 : 0;
}

const MARKS: Readonly<Record<Check['status'], string>> = { passed: '✓', failed: '✗', skipped: '–' };

function formatCheck({ name, status, detail, fix }: Check, isTerminal: boolean): string {
  const line = isTerminal ? `${MARKS[status]} ${name.padEnd(12)} ${detail}` : `${status}\t${name}\t${detail}`;
  return fix === undefined ? line : `${line}${isTerminal ? '\n               ' : '\t'}${fix}`;
}
