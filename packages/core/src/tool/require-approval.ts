import { ConfigError } from '../base/errors.ts';
import type { NeededContext } from './needed-context.ts';
import { checkTools, type Tool, type ToolContext } from './tool.ts';

/** Whether a person has to agree to a call of a tool. Throwing counts as yes. */
export type ApprovalRule<Context> = (
  call: { readonly tool: Tool<never>; readonly input: unknown },
  context: ToolContext<Context>,
) => boolean | Promise<boolean>;

/**
 * The same tools, of which a person has to agree to those calls that `when` says, beside those that a tool asks for itself.
 *
 * @param when - @defaultValue all of them
 */
export function requireApproval<T extends Tool<never>>(
  tools: readonly T[],
  when?: ApprovalRule<NeededContext<T>>,
): readonly T[];
/** A rule that needs a context of its own: the tools need it as well from then on. */
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
    throw new ConfigError(`requireApproval: when is ${JSON.stringify(when)}. Pass a function, or leave it out.`);
  }
  return tools.map((tool) => Object.freeze({ ...tool, needsApproval: combineApproval(tool, when) }));
}

/** A tool that needs what the rule of its approval needs as well. */
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
