export interface ChildLimits {
  readonly timeoutMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  readonly maxOutputBytes: number;
  /** Of all processes together. */
  readonly maxMemoryBytes: number;
  /** Processes and threads. */
  readonly maxProcesses: number;
}

/** Why a child was ended before its time. */
export type StopReason = 'time' | 'output' | 'memory' | 'processes' | 'signal';
