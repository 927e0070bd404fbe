import type { WireExchange } from '@pawl/core/wire-log';
import type { WireEntry } from './wire-file.ts';

/** What the thread of a wire log is asked. Each command has a report. */
export type WireCommand = { readonly id: number } & (
  | { readonly type: 'write'; readonly entries: readonly WireEntry[] }
  | { readonly type: 'read'; readonly runId: string }
  | { readonly type: 'delete'; readonly runId: string }
  | { readonly type: 'close' }
);

export interface WireReport {
  readonly id: number;
  /** Of a `read`. */
  readonly exchanges?: readonly WireExchange[] | undefined;
  readonly error?: { readonly message: string; readonly code: string };
}
