import type { Json } from '../base/json.ts';

/** What a person, or another program, says to a pending call. */
export type Answer =
  | { readonly type: 'approve'; readonly fingerprint: string }
  | { readonly type: 'deny'; readonly fingerprint: string; readonly reason?: string }
  /** Approves the call with other arguments, a custom tool's with another text; checked like the model's own. */
  | { readonly type: 'edit'; readonly fingerprint: string; readonly arguments: Json }
  /** Is the call's value: of a tool without `execute`, or of a call that nobody knows the outcome of. */
  | { readonly type: 'result'; readonly fingerprint: string; readonly value: Json };
