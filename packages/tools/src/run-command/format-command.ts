import { escapeInvisible } from '../base/escape-invisible.ts';
import { sliceStart } from '../base/whole-characters.ts';

export interface CommandPreview {
  readonly argv: readonly string[];
  readonly script?: string | undefined;
  readonly folder: string;
  readonly stdin?: string | undefined;
  /** Names of secrets, with the entries of the environment that they are given in. */
  readonly secrets: readonly string[];
}

/** What a person is shown who has to agree: what would be typed in a shell, with what could deceive an eye written out. */
export function formatCommand({ argv, script, folder, stdin, secrets }: CommandPreview): string {
  const lines = [
    ...(folder === '.' ? [] : [`in ${quoteWord(folder)}:`]),
    script ?? argv.map(quoteWord).join(' '),
    ...secrets.map((secret) => `[with secret ${secret}]`),
    ...(stdin === undefined ? [] : [`[reads ${stdin.length} characters:]`, sliceStart(stdin, MAX_STDIN)]),
  ];
  return escapeInvisible(lines.join('\n'));
}

const MAX_STDIN = 2_000;

/** As a shell would take it for one word. */
function quoteWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
