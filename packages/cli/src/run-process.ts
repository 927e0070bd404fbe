import type { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { CommandSignal } from './command-io.ts';
import { main } from './main.ts';

/** Runs the command of this process, and ends the process with its exit code: an agent's file may leave timers and sockets open. */
export async function runProcess(): Promise<never> {
  const { stdin, stdout, stderr, env } = process;
  // Not `systemClock`: loading core takes longer than printing the help.
  const clock = { now: () => Date.now(), sleep: (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal }) };
  const code = await main(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd(), clock, onSignal });
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
