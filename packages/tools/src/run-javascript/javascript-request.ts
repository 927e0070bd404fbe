import type { Json } from '@pawl/core/chat';

/** The input of the process for one piece of code. */
export interface JavaScriptRequest {
  /** The body of an asynchronous function. */
  readonly code: string;
  readonly input: Json;
}

/** A line that the process writes, as JSON. The first one is `ready`. */
export type JavaScriptLine =
  | { readonly type: 'ready' }
  | { readonly type: 'printed'; readonly text: string }
  | { readonly type: 'returned'; readonly json: string }
  | { readonly type: 'threw'; readonly message: string }
  /** The event loop is empty, and the code still waits. */
  | { readonly type: 'stalled' };
