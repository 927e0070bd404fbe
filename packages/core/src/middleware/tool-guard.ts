import type { OptionTable } from '../base/options.ts';
import type { Middleware, MiddlewareScope, ValidatedCall } from '../perform/middleware.ts';
import { ToolError } from '../tool/errors.ts';
import {
  checkGuardOptions,
  GUARD_KEYS,
  type GuardAllow,
  type GuardOptions,
  type GuardRefuse,
  readGuardOptions,
  runGuard,
} from './guard.ts';

/** Prevents the call, or withholds its result. The model reads the reason, and the run continues. */
export interface GuardDeny {
  readonly type: 'deny';
  readonly reason: string;
}

/** Replaces the input of the tool. The new input is not validated. */
export interface GuardReplaceCall {
  readonly type: 'replace';
  readonly input: unknown;
}

/** Replaces the text that the model reads. */
export interface GuardReplaceResult {
  readonly type: 'replace';
  readonly content: string;
}

export type ToolCallVerdict = GuardAllow | GuardRefuse | GuardDeny | GuardReplaceCall;
export type ToolResultVerdict = GuardAllow | GuardRefuse | GuardDeny | GuardReplaceResult;

/** A call and the text that the model would read of its result. */
export interface GuardedResult extends ValidatedCall {
  readonly content: string;
}

export interface ToolGuardOptions<Context> extends GuardOptions {
  /** Checks a call before the tool runs. */
  readonly before?: (
    call: ValidatedCall,
    scope: MiddlewareScope<Context>,
  ) => ToolCallVerdict | Promise<ToolCallVerdict>;
  /** Checks a result before the model reads it. */
  readonly after?: (
    result: GuardedResult,
    scope: MiddlewareScope<Context>,
  ) => ToolResultVerdict | Promise<ToolResultVerdict>;
}

/**
 * Checks each call with valid arguments, and its result. Fails closed: if a check throws or exceeds its deadline, the call does not run
 * or its result is withheld, and the model reads that the guard failed.
 *
 * The check of a result sees only its text. Images and files pass if the text is allowed, and are removed if it is denied or replaced.
 *
 * @throws ConfigError if the guard has no name or no check.
 */
export function toolGuard<Context = unknown>(options: ToolGuardOptions<Context>): Middleware<Context> {
  const checked = readGuardOptions(options, TOOL_GUARD, 'toolGuard');
  const { before, after, ...guard } = checked;
  checkGuardOptions('toolGuard', checked, [before, after]);
  return {
    async wrapToolCall(call, next, scope) {
      const callVerdict =
        before && (await runGuard({ ...guard, scope, verdicts: BEFORE, check: (within) => before(call, within) }));
      if (callVerdict?.type === 'deny') throw new ToolError(`Denied: ${callVerdict.reason}`);
      const allowedCall = callVerdict?.type === 'replace' ? { ...call, input: callVerdict.input } : call;
      const result = await next(allowedCall);
      if (after === undefined) return result;
      const guarded = { ...allowedCall, content: result.content };
      const verdict = await runGuard({ ...guard, scope, verdicts: AFTER, check: (within) => after(guarded, within) });
      if (verdict.type === 'deny') throw new ToolError(`The call ran, but its result is withheld: ${verdict.reason}`);
      return verdict.type === 'replace' ? { content: verdict.content } : result;
    },
  };
}

const BEFORE = { allow: {}, deny: { reason: 'text' }, replace: { input: 'any' } } as const;
const AFTER = { allow: {}, deny: { reason: 'text' }, replace: { content: 'text' } } as const;

const TOOL_GUARD: OptionTable<ToolGuardOptions<never>> = {
  keys: { ...GUARD_KEYS, before: 'any', after: 'any' },
  hints: { check: 'Pass before, after, or both.', tools: 'The checks get every call. Read call.tool.name.' },
};
