import { isBinary } from '../base/is-binary.ts';
import type { ChildLimits } from '../child/child-limits.ts';
import type { ChildResult } from '../child/run-child.ts';

export interface ResultOptions {
  readonly limits: ChildLimits;
  readonly isIsolated: boolean;
}

/** What became of a command, on a line of its own. */
export function formatEnding(ended: ChildResult, { limits, isIsolated }: ResultOptions): string {
  return `[${describeEnding(ended, limits)}; isolated: ${isIsolated}]`;
}

function describeEnding({ stopReason, code, killedBy }: ChildResult, limits: ChildLimits): string {
  switch (stopReason) {
    case 'time':
      return `ended after ${limits.timeoutMs / 1_000} s, since it takes too long: what it began may be half done`;
    case 'output':
      return `ended after ${limits.maxOutputBytes} bytes, since it puts out too much`;
    case 'memory':
      return `ended, since it takes more than ${Math.ceil(limits.maxMemoryBytes / 2 ** 20)} MiB of memory`;
    case 'processes':
      return `ended, since it starts more than ${limits.maxProcesses} processes and threads`;
    case 'signal':
    case undefined:
      return code === undefined ? `ended by ${killedBy}` : `exit code ${code}`;
  }
}

/** What it put out, or what that is. */
export function formatOutput({ text, bytes }: Pick<ChildResult, 'text' | 'bytes'>): string {
  if (bytes === 0) return '[no output]';
  if (isBinary(Buffer.from(text.slice(0, 8_192)))) return `[binary output of ${bytes} bytes, which is not shown]`;
  return text.replaceAll('\r\n', '\n').trimEnd();
}
