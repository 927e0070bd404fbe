import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Identifies the machine and its process namespace: containers on one machine may share a file, but each numbers its own processes. */
export function identifyPlace(): string {
  return `${hostname()} ${readLink('/proc/self/ns/pid')}`;
}

/**
 * Identifies what `readMonotonicMs` counts from: the start of this machine. Processes with the same timeline read the same time, including
 * those in containers without a time namespace: https://man7.org/linux/man-pages/man7/time_namespaces.7.html
 */
export function identifyTimeline(): string {
  return `${readText('/proc/sys/kernel/random/boot_id') || hostname()} ${readLink('/proc/self/ns/time')}`;
}

/**
 * Reads the milliseconds since the machine was started, without those in which it slept (CLOCK_MONOTONIC):
 * https://man7.org/linux/man-pages/man3/clock_gettime.3.html. All processes read the same time, and the date does not move it.
 */
export function readMonotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Whether a process is alive. `processStartedAt` distinguishes it from a later process with the same number. */
export function isAlive(pid: number, processStartedAt: number | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const found = readProcessStart(pid);
  return processStartedAt === undefined || found === undefined || found === processStartedAt;
}

/**
 * Reads when a process was started, in ticks since the start of the machine; `undefined` if the system does not report it. The 22nd field:
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function readProcessStart(pid: number): number | undefined {
  const text = readText(`/proc/${pid}/stat`);
  // The second field is the name of the program in brackets, which may contain blanks.
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
