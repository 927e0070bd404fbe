import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { READY } from './start-together.ts';

/** Runs a program once with each list of arguments. All begin when all are ready. Resolves the JSON that each printed. */
export async function runTogether<T>(
  program: string,
  argumentsOfEach: readonly (readonly string[])[],
): Promise<readonly T[]> {
  const processes = argumentsOfEach.map((args) => startProgram(program, args));
  await Promise.all(processes.map(({ isReady }) => isReady));
  for (const { child } of processes) child.stdin.write('go');
  return Promise.all(processes.map(async ({ printed }) => JSON.parse(await printed)));
}

interface StartedProgram {
  readonly child: ChildProcessWithoutNullStreams;
  readonly isReady: Promise<void>;
  readonly printed: Promise<string>;
}

function startProgram(program: string, args: readonly string[]): StartedProgram {
  const child = spawn(process.execPath, [program, ...args]);
  const ready = Promise.withResolvers<void>();
  let text = '';
  let errorText = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    if (text.startsWith(`${READY}\n`)) ready.resolve();
  });
  child.stderr.setEncoding('utf8').on('data', (more: string) => (errorText += more));
  const printed = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(errorText);
    return text.slice(READY.length + 1);
  });
  printed.catch(ready.reject);
  return { child, isReady: ready.promise, printed };
}
