import { once } from 'node:events';

/** Tells the parent process that this one is ready, and waits until all others are ready, too. */
export async function startTogether(): Promise<void> {
  process.stdout.write(`${READY}\n`);
  await once(process.stdin, 'data');
  process.stdin.destroy();
}

/** The first line that such a process prints. */
export const READY = 'ready';
