import { ConfigError } from '../base/errors.ts';
import { checkTools, type Tool } from './tool.ts';

/** Whether a person has to agree to a call of a tool. Throwing counts as yes. */
export type ApprovalRule<Context> = (
  call: { readonly tool: Tool<Context>; readonly input: unknown },
  context: Context,
) => boolean | Promise<boolean>;

/**
 * The same tools, of which a person has to agree to those calls that `when` says, beside those that a tool asks for itself.
 *
 * @param when - @defaultValue all of them
 */
export function requireApproval<Context = unknown>(
  tools: readonly Tool<Context>[],
  when: ApprovalRule<Context> = () => true,
): readonly Tool<Context>[] {
  checkTools(tools, 'requireApproval');
  if (typeof when !== 'function') {
    throw new ConfigError(`requireApproval: when is ${JSON.stringify(when)}. Pass a function, or leave it out.`);
  }
  return tools.map((tool) => Object.freeze({ ...tool, needsApproval: either(tool, when) }));
}

function either<Context>(tool: Tool<Context>, when: ApprovalRule<Context>): Tool<Context>['needsApproval'] {
  const { needsApproval } = tool;
  if (needsApproval === true) return true;
  return async (input: unknown, context: Context) => {
    if (needsApproval !== false && (await needsApproval(input, context))) return true;
    return when({ tool, input }, context);
  };
}
