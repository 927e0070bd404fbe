import type { Json } from '../base/json.ts';

/** An answer of a person or another program to a pending call. */
export type Answer =
  | {
      readonly type: 'approve';
      readonly fingerprint: string;
      /** Approves later calls of the tool too, as `pending.standingApproval` says. For a call that accepts `approve_always`. @defaultValue false */
      readonly always?: boolean;
    }
  | { readonly type: 'deny'; readonly fingerprint: string; readonly reason?: string }
  /** Approves the call with other arguments, or another text for a custom tool. They are checked like the model's own. */
  | { readonly type: 'edit'; readonly fingerprint: string; readonly arguments: Json }
  /** Gives the result of the call: of a tool without `execute`, or of a call with an unknown outcome. */
  | { readonly type: 'result'; readonly fingerprint: string; readonly value: Json }
  /** Runs a call again that `SuspendRun` suspended with a state. The tool reads the value from `toolContext.resumeData`. */
  | { readonly type: 'resume'; readonly fingerprint: string; readonly value: Json };

/** What a pending call accepts: an answer by its type, or `approve_always` for `{ type: 'approve', always: true }`. */
export type AcceptedAnswer = Answer['type'] | 'approve_always';
