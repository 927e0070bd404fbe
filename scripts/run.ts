import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Kills the program. */
  readonly signal: AbortSignal;
}

/** Runs a program. Resolves its output, including stderr. Rejects with the output if it fails. */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { status, text } = await readOutput(program, args, options);
  if (status === 0) return text;
  throw new Error(`${program} ended with ${status}:\n${text}`);
}

/** Runs a program that may fail. Resolves its status and its output. */
export function readOutput(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<{ readonly status: number | string; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], killSignal: 'SIGKILL' });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (piece: string) => {
        text += piece;
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ status: code ?? signal ?? 'nothing', text }));
  });
}
