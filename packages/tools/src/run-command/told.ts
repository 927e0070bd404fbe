import { looksBinary } from '../base/looks-binary.ts';
import type { ChildCaps } from '../child/caps.ts';
import type { Ended } from '../child/run-child.ts';

export interface Telling {
  readonly caps: ChildCaps;
  readonly isIsolated: boolean;
}

/** What became of a command, on a line of its own. */
export function ending(ended: Ended, { caps, isIsolated }: Telling): string {
  return `[${how(ended, caps)}; isolated: ${isIsolated}]`;
}

function how({ stopped, code, killedBy }: Ended, caps: ChildCaps): string {
  switch (stopped) {
    case 'time':
      return `ended after ${caps.timeoutMs / 1_000} s, since it takes too long: what it began may be half done`;
    case 'output':
      return `ended after ${caps.maxOutputBytes} bytes, since it puts out too much`;
    case 'memory':
      return `ended, since it takes more than ${Math.ceil(caps.maxMemoryBytes / 2 ** 20)} MiB of memory`;
    case 'processes':
      return `ended, since it starts more than ${caps.maxProcesses} processes and threads`;
    case 'signal':
    case undefined:
      return code === undefined ? `ended by ${killedBy}` : `exit code ${code}`;
  }
}

/** What it put out, or what that is. */
export function shownOutput({ text, bytes }: Pick<Ended, 'text' | 'bytes'>): string {
  if (bytes === 0) return '[no output]';
  if (looksBinary(Buffer.from(text.slice(0, 8_192)))) return `[binary output of ${bytes} bytes, which is not shown]`;
  return text.replaceAll('\r\n', '\n').trimEnd();
}
