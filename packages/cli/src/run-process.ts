import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CommandIo, CommandSignal } from './command-io.ts';
import { main } from './main.ts';

/** Runs the command: that of the project in the working folder, if it has one, which knows the runs of that project. */
export async function runInstalled(): Promise<void> {
  const local = findLocalCli(process.cwd());
  if (local === undefined) await runProcess();
  else await import(local);
}

/** Returns the URL of another copy of the command that is installed for a folder. */
function findLocalCli(cwd: string): string | undefined {
  try {
    const require = createRequire(join(cwd, 'package.json'));
    const manifest = require.resolve('@pawl/cli/package.json');
    if (manifest === fileURLToPath(new URL('../package.json', import.meta.url))) return undefined;
    const { bin }: { readonly bin?: { readonly pawl?: string } } = require(manifest);
    return bin?.pawl === undefined ? undefined : pathToFileURL(join(dirname(manifest), bin.pawl)).href;
  } catch {
    return undefined; // The folder has no other copy.
  }
}

/** Runs the command of this process, and ends the process with its exit code: an agent's file may leave timers and sockets open. */
async function runProcess(): Promise<never> {
  const { stdout, stderr, env } = process;
  // Not `systemClock`: loading core takes longer than printing the help.
  const clock = { now: () => Date.now(), sleep: (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal }) };
  const io: CommandIo = {
    // Opened where it is read: the help does not wait for it.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    clock,
    onSignal,
  };
  const code = await main(process.argv.slice(2), io);
  await Promise.all([flush(stdout), flush(stderr)]);
  process.exit(code);
}

function onSignal(handler: (signal: CommandSignal) => void): () => void {
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
}

/** Resolves when everything that was written has left the process. */
function flush(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve()); // The reader has gone.
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
