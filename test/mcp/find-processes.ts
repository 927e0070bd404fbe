import { readdirSync, readFileSync } from 'node:fs';

/** Whether a process exists that has not ended. */
export function isAlive(pid: number): boolean {
  try {
    // A killed process whose parent has not asked for its status still has an entry.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Lists the processes whose command line has the text. */
export function findProcesses(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text) && isAlive(pid);
      } catch {
        return false; // It has ended since.
      }
    });
}

/** Lists the children of this process. */
export function findChildren(): readonly number[] {
  const file = `/proc/${process.pid}/task/${process.pid}/children`;
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number).filter(isAlive);
}
