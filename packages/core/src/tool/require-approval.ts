import { ConfigError } from '../base/errors.ts';
import type { NeededContext } from './needed-context.ts';
import { checkTools, type Tool } from './tool.ts';
import type { ToolContext } from './tool-context.ts';

/** Whether a call needs approval. If it throws, the call needs approval. */
export type ApprovalRule<Context> = (
  call: { readonly tool: Tool<never>; readonly input: unknown },
  context: ToolContext<Context>,
) => boolean | Promise<boolean>;

/**
 * Returns tools whose calls need approval if `when` returns `true`, or if the tool's own `needsApproval` requires it.
 *
 * @param when - @defaultValue every call needs approval
 * @throws ConfigError if `tools` is not a list of tools, or `when` is not a function.
 */
export function requireApproval<T extends Tool<never>>(
  tools: readonly T[],
  when?: ApprovalRule<NeededContext<T>>,
): readonly T[];
/** If the rule needs a context of its own, the returned tools need it as well. */
export function requireApproval<T extends Tool<never>, Context>(
  tools: readonly T[],
  when: ApprovalRule<Context>,
): readonly GuardedTool<T, Context>[];
export function requireApproval(
  tools: readonly Tool<never>[],
  when: ApprovalRule<never> = () => true,
): readonly Tool<never>[] {
  checkTools(tools, 'requireApproval');
  if (typeof when !== 'function') {
    throw new ConfigError(`requireApproval: when is ${JSON.stringify(when)}. Pass a function, or omit it.`);
  }
  return tools.map((tool) => Object.freeze({ ...tool, needsApproval: combineApproval(tool, when) }));
}

/** A tool that also needs the context of its approval rule. */
export type GuardedTool<T, Context> =
  T extends Tool<infer Own, infer Input, infer Output> ? Tool<Own & Context, Input, Output> : never;

function combineApproval<Context>(tool: Tool<Context>, when: ApprovalRule<Context>): Tool<Context>['needsApproval'] {
  const { needsApproval } = tool;
  if (needsApproval === true) return true;
  return async (input: unknown, context: ToolContext<Context>) => {
    if (needsApproval !== false && (await needsApproval(input, context))) return true;
    return when({ tool, input }, context);
  };
}
