import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandIo } from '../command-io.ts';

/** Lets a person edit a text in $VISUAL or $EDITOR. Resolves with `undefined` if there is no editor, or it failed. */
export async function editText(
  text: string,
  { env, cwd }: Pick<CommandIo, 'env' | 'cwd'>,
): Promise<string | undefined> {
  const editor = env['VISUAL'] || env['EDITOR'];
  if (editor === undefined || editor === '') return undefined;
  // Nobody else may read the arguments.
  const folder = await mkdtemp(join(tmpdir(), 'pawl-edit-'));
  const file = join(folder, 'arguments.json');
  try {
    await writeFile(file, text, { mode: 0o600 });
    const [command = '', ...given] = editor.split(/\s+/);
    const child = spawn(command, [...given, file], { stdio: 'inherit', env, cwd });
    const ended = await once(child, 'close').catch(() => [1]);
    return ended[0] === 0 ? await readFile(file, 'utf8') : undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
