import type { Json } from '@pawl/core/chat';

/** What the process for one piece of code is asked. */
export interface ChildRequest {
  /** The body of an asynchronous function. */
  readonly code: string;
  readonly input: Json;
}

/** A line that it says, as JSON; the first one is that it is ready. */
export type ChildLine =
  | { readonly type: 'ready' }
  | { readonly type: 'printed'; readonly text: string }
  | { readonly type: 'returned'; readonly json: string }
  | { readonly type: 'threw'; readonly message: string }
  /** Nothing is left to do, and it still waits. */
  | { readonly type: 'stalled' };
