import { escapeInvisible } from '../base/escape-invisible.ts';
import { sliceStart } from '../base/whole-characters.ts';

export interface CommandPreview {
  readonly argv: readonly string[];
  readonly script?: string | undefined;
  readonly folder: string;
  readonly stdin?: string | undefined;
  /** Names of secrets, with their environment variables. */
  readonly secrets: readonly string[];
}

/** Formats a command for approval, as it would be typed in a shell. Escapes characters that mislead a reader. */
export function formatCommand({ argv, script, folder, stdin, secrets }: CommandPreview): string {
  const lines = [
    ...(folder === '.' ? [] : [`in ${quoteForShell(folder)}:`]),
    script ?? argv.map(quoteForShell).join(' '),
    ...secrets.map((secret) => `[with secret ${secret}]`),
    ...(stdin === undefined ? [] : [`[reads ${stdin.length} characters:]`, sliceStart(stdin, MAX_STDIN)]),
  ];
  return escapeInvisible(lines.join('\n'));
}

const MAX_STDIN = 2_000;

/** Quotes a text as one word of a shell. */
function quoteForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
