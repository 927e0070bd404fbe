import { isBinary } from '../base/is-binary.ts';
import type { ChildLimits } from '../child/child-limits.ts';
import type { ChildResult } from '../child/run-child.ts';

export interface ResultOptions {
  readonly limits: ChildLimits;
  readonly isIsolated: boolean;
}

/** Formats how a command ended, as the first line of the result. */
export function formatEnding(result: ChildResult, { limits, isIsolated }: ResultOptions): string {
  return `[${describeEnding(result, limits)}; isolated: ${isIsolated}]`;
}

function describeEnding({ stopReason, code, killedBy }: ChildResult, limits: ChildLimits): string {
  switch (stopReason) {
    case 'time':
      return `stopped after ${limits.timeoutMs / 1_000} s: it took too long, and its work may be incomplete`;
    case 'output':
      return `stopped after ${limits.maxOutputBytes} bytes of output: the limit is reached`;
    case 'memory':
      return `stopped: it used more than ${Math.ceil(limits.maxMemoryBytes / 2 ** 20)} MiB of memory`;
    case 'processes':
      return `stopped: it started more than ${limits.maxProcesses} processes and threads`;
    case 'signal':
    case undefined:
      return code === undefined ? `ended by ${killedBy}` : `exit code ${code}`;
  }
}

/** Formats the output, or describes it if it is empty or binary. */
export function formatOutput({ text, bytes }: Pick<ChildResult, 'text' | 'bytes'>): string {
  if (bytes === 0) return '[no output]';
  if (isBinary(Buffer.from(text.slice(0, 8_192)))) return `[binary output of ${bytes} bytes, not shown]`;
  return text.replaceAll('\r\n', '\n').trimEnd();
}
