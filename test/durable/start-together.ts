import { once } from 'node:events';

/** For a process that does something at once with others: tells its parent that it could begin, and waits for its word. */
export async function startTogether(): Promise<void> {
  process.stdout.write(`${READY}\n`);
  await once(process.stdin, 'data');
  process.stdin.destroy();
}

/** The first line of what such a process prints. */
export const READY = 'ready';
