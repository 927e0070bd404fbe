import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The machine and its process namespace: containers on one machine may share a file, and count their processes each for itself. */
export function identifyPlace(): string {
  return `${hostname()} ${readLink('/proc/self/ns/pid')}`;
}

/**
 * What `monotonicMs` counts from: the start of this machine. Processes with the same timeline read the same time, also those in
 * containers, unless these have a time of their own: https://man7.org/linux/man-pages/man7/time_namespaces.7.html
 */
export function identifyTimeline(): string {
  return `${readText('/proc/sys/kernel/random/boot_id') || hostname()} ${readLink('/proc/self/ns/time')}`;
}

/**
 * Milliseconds since the machine was started, those that it slept aside: https://man7.org/linux/man-pages/man3/clock_gettime.3.html
 * (CLOCK_MONOTONIC). All its processes read the same, and setting the date does not move it.
 */
export function readMonotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Whether a process is there. `bornAt` tells it from a later one that was given the same number. */
export function isAlive(pid: number, bornAt: number | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const found = readProcessStart(pid);
  return bornAt === undefined || found === undefined || found === bornAt;
}

/**
 * When a process was started, in ticks since the start of the machine; `undefined` where the system does not tell. The 22nd field:
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function readProcessStart(pid: number): number | undefined {
  const text = readText(`/proc/${pid}/stat`);
  // The second field is the program's name, in brackets: it may have blanks.
  const field = text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  return field === undefined || field === '' ? undefined : Number(field);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function readLink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
