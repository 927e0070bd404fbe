export interface ChildLimits {
  readonly timeoutMs: number;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  readonly maxOutputBytes: number;
  /** Memory of all processes together. */
  readonly maxMemoryBytes: number;
  /** Number of processes and threads. */
  readonly maxProcesses: number;
}

/** Why a child was ended early. */
export type StopReason = 'time' | 'output' | 'memory' | 'processes' | 'signal';
