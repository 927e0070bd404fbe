import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who works on a run. */
export interface Lease {
  /** Another one for each attempt at a run. */
  readonly token: string;
  /** The machine and its process namespace: where `pid` means something. */
  readonly place: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface Looking {
  readonly place: string;
  readonly now: number;
}

/** Whether nobody holds it any more: its time is over, or its process is gone, which is seen at once on one machine. */
export function isFree(lease: Lease | undefined, { place, now }: Looking): boolean {
  if (lease === undefined || lease.until <= now) return true;
  return lease.place === place && !isAlive(lease.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** Containers on one machine may share a file, and count their processes each for itself. */
export function currentPlace(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
