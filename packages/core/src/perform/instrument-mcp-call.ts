import type { ToolContext } from '../tool/tool-context.ts';
import type { Instrumentation, McpCall, ToolCallSpan } from './instrumentation.ts';
import { type HookGuard, runHook } from './run-hook.ts';
import type { Scope } from './scope.ts';

/**
 * Makes a request to an MCP server, for a tool that is one of that server. If the run is instrumented, the span of the call describes the
 * request, and its duration is measured. A result with `isError: true` counts as an error.
 *
 * @param context - what `execute` got, or a copy of it
 * @returns what `work` resolves
 */
export function instrumentMcpCall<Result>(
  context: Pick<ToolContext, 'toolCallId'>,
  call: McpCall,
  work: () => Promise<Result>,
): Promise<Result> {
  const instrumented = (context as ContextWithCall)[INSTRUMENTED_CALL]; // Only `linkToolCall` sets it.
  if (instrumented?.instrumentation.instrumentMcpCall === undefined) return work();
  const { instrumentation, span, guard } = instrumented;
  const callHook = async (inner: typeof work): Promise<unknown> =>
    instrumentation.instrumentMcpCall?.({ ...call, call: span }, inner);
  return runHook({ name: 'instrumentMcpCall', guard, call: callHook }, work);
}

/** A symbol, because only `instrumentMcpCall` uses it. A copy of a context, `{ ...context }`, keeps it. */
const INSTRUMENTED_CALL = Symbol.for('pawl.instrumentedCall');

interface InstrumentedCall {
  readonly instrumentation: Instrumentation;
  readonly span: ToolCallSpan;
  readonly guard: HookGuard;
}

interface ContextWithCall {
  [INSTRUMENTED_CALL]?: InstrumentedCall;
}

/** Lets `instrumentMcpCall` find the call of a tool by its context. */
export function linkToolCall(context: object, { instrumented }: Pick<Scope, 'instrumented'>, span: ToolCallSpan): void {
  if (instrumented === undefined) return;
  const { instrumentation, guard } = instrumented;
  (context as ContextWithCall)[INSTRUMENTED_CALL] = { instrumentation, span, guard }; // Nothing else sets it.
}
