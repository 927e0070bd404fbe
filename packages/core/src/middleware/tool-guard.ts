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

/** The call does not run, or its result is kept back: the model is told why, and the run goes on. */
export interface GuardDeny {
  readonly type: 'deny';
  readonly reason: string;
}

/** The tool gets another input, which is not checked again. */
export interface GuardReplaceCall {
  readonly type: 'replace';
  readonly input: unknown;
}

/** The model reads another text. */
export interface GuardReplaceResult {
  readonly type: 'replace';
  readonly content: string;
}

export type ToolCallVerdict = GuardAllow | GuardRefuse | GuardDeny | GuardReplaceCall;
export type ToolResultVerdict = GuardAllow | GuardRefuse | GuardDeny | GuardReplaceResult;

/** A call, and what the model would read of its result. */
export interface GuardedResult extends ValidatedCall {
  readonly content: string;
}

export interface ToolGuardOptions<Context> extends GuardOptions {
  /** Before the tool runs. */
  readonly before?: (
    call: ValidatedCall,
    scope: MiddlewareScope<Context>,
  ) => ToolCallVerdict | Promise<ToolCallVerdict>;
  /** Before the model reads what the tool gave. */
  readonly after?: (
    result: GuardedResult,
    scope: MiddlewareScope<Context>,
  ) => ToolResultVerdict | Promise<ToolResultVerdict>;
}

/**
 * Looks at each call of a tool whose arguments passed, and at its result. Fails closed: where a check throws or takes too long the
 * call does not run, or its result is kept back, and the model is told that the guard failed.
 *
 * Texts only: images and files of a result pass with it, and go where it is denied or replaced.
 *
 * @throws ConfigError for a guard without a name or a check.
 */
export function toolGuard<Context = unknown>(given: ToolGuardOptions<Context>): Middleware<Context> {
  const options = readGuardOptions(given, TOOL_GUARD, 'toolGuard');
  const { before, after, ...guard } = options;
  checkGuardOptions('toolGuard', options, [before, after]);
  return {
    async wrapToolCall(call, next, scope) {
      const asked =
        before && (await runGuard({ ...guard, scope, verdicts: BEFORE, check: (within) => before(call, within) }));
      if (asked?.type === 'deny') throw new ToolError(`Denied: ${asked.reason}`);
      const passed = asked?.type === 'replace' ? { ...call, input: asked.input } : call;
      const result = await next(passed);
      if (after === undefined) return result;
      const seen = { ...passed, content: result.content };
      const given = await runGuard({ ...guard, scope, verdicts: AFTER, check: (within) => after(seen, within) });
      if (given.type === 'deny') throw new ToolError(`The call has run, but its result is kept back: ${given.reason}`);
      return given.type === 'replace' ? { content: given.content } : result;
    },
  };
}

const BEFORE = { allow: {}, deny: { reason: 'text' }, replace: { input: 'any' } } as const;
const AFTER = { allow: {}, deny: { reason: 'text' }, replace: { content: 'text' } } as const;

const TOOL_GUARD: OptionTable<ToolGuardOptions<never>> = {
  keys: { ...GUARD_KEYS, before: 'any', after: 'any' },
  hints: { check: 'Pass before, after, or both.', tools: 'The check is given each call: look at call.tool.name.' },
};
