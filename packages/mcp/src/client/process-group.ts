import { spawn } from 'node:child_process';

/** Sends a signal to a process group. A group that is gone is no error. */
export function killGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch {
    // No process of the group is left.
  }
}

/**
 * Starts a process that kills a process group when this process ends in whatever way, SIGKILL included: its standard input is a pipe
 * that the system closes then. Returns a function that ends the guard without a kill.
 */
export function startGuard(leader: number): () => void {
  const guard = spawn('sh', ['-c', 'cat >/dev/null; kill -s KILL -- "-$0"', String(leader)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  guard.on('error', () => {}); // Without `sh` there is no guard: only a crash of this process leaves the server behind.
  guard.stdin.on('error', () => {});
  guard.unref();
  return () => {
    killGroup(guard.pid, 'SIGKILL');
    guard.stdin.destroy();
  };
}
