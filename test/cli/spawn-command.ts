import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { type CommandResult, normalize } from './run-command.ts';

/** The command as a program. */
export const BIN = join(import.meta.dirname, '../../packages/cli/src/bin.ts');

interface ChildOptions {
  readonly cwd: string;
  /** The words of a shell after the command, such as `| head -1`. */
  readonly rest?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

/** Starts the command as a process of its own. */
export function spawnCommand(argv: readonly string[], { cwd, rest, env = {}, uid }: ChildOptions): ChildProcess {
  const words = [process.execPath, BIN, ...argv];
  const options = { cwd, env: { ...process.env, OPENAI_API_KEY: '', ...env }, ...(uid !== undefined && { uid }) };
  const child =
    rest === undefined
      ? spawn(words[0] ?? '', words.slice(1), options)
      : spawn('bash', ['-o', 'pipefail', '-c', `"$@" ${rest}`, 'bash', ...words], options);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Resolves what a command has printed when it has ended. */
export async function finish(child: ChildProcess): Promise<CommandResult> {
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  const [stdout, stderr, code] = await Promise.all([read(child.stdout), read(child.stderr), ended]);
  return { code, stdout: normalize(stdout), stderr: normalize(stderr) };
}

/** Reads a stream to its end. */
export function read(stream: ChildProcess['stdout']): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream);
}

/** Runs the command as a process of its own. */
export function spawnToEnd(argv: readonly string[], options: ChildOptions): Promise<CommandResult> {
  const child = spawnCommand(argv, options);
  child.stdin?.end();
  return finish(child);
}
