import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import { checkToolName, checkToolNumbers, checkTools, type Tool } from './tool.ts';

// Wrappers of lists of tools. Each returns new tools and leaves the original tools unchanged.

/**
 * Returns the tools with a prefix before their names, so that tools of two sources have different names.
 *
 * @throws ConfigError if a new name cannot be sent.
 */
export function prefixTools<T extends Tool<never>>(tools: readonly T[], prefix: string): readonly T[] {
  checkTools(tools, 'prefixTools');
  if (typeof prefix !== 'string')
    throw new ConfigError(`prefixTools: prefix is ${describeValue(prefix)}. Pass a text.`);
  return tools.map((tool) => renameTool(tool, prefix + tool.name));
}

/**
 * Returns the tools, some of them under new names.
 *
 * @param names - new names by old names
 * @throws ConfigError if a tool does not exist, or a new name cannot be sent.
 */
export function renameTools<T extends Tool<never>>(
  tools: readonly T[],
  names: Readonly<Record<string, string>>,
): readonly T[] {
  checkTools(tools, 'renameTools');
  if (typeof names !== 'object' || names === null) {
    throw new ConfigError(
      `renameTools: names is ${describeValue(names)}. Pass new names by old names: { old_name: "new_name" }.`,
    );
  }
  checkToolNames(Object.keys(names), { tools, wrapper: 'renameTools' });
  return tools.map((tool) => {
    const name = Object.hasOwn(names, tool.name) ? names[tool.name] : undefined;
    return name === undefined ? tool : renameTool(tool, name);
  });
}

/**
 * Returns the tools with the given names, or those for which a function returns `true`.
 *
 * @throws ConfigError if no tool has one of the names.
 */
export function filterTools<T extends Tool<never>>(
  tools: readonly T[],
  which: readonly string[] | ((tool: T) => boolean),
): readonly T[] {
  checkTools(tools, 'filterTools');
  if (typeof which === 'function') return tools.filter(which);
  if (!Array.isArray(which)) {
    throw new ConfigError(
      `filterTools: the second argument is ${describeValue(which)}. Pass a list of names, or a function.`,
    );
  }
  checkToolNames(which, { tools, wrapper: 'filterTools' });
  const names = new Set(which);
  return tools.filter(({ name }) => names.has(name));
}

/**
 * Returns the tools with another deadline, in milliseconds.
 *
 * @throws ConfigError if the time is invalid, or a tool runs no code of its own. An agent as a tool has its limit `durationMs`, and a
 * tool that is answered from outside has `approvalTimeoutMs`.
 */
export function withToolTimeout<T extends Tool<never>>(tools: readonly T[], timeoutMs: number): readonly T[] {
  checkTools(tools, 'withToolTimeout');
  return tools.map((tool) => {
    checkToolNumbers({ name: tool.name, timeoutMs });
    checkHasWork(tool);
    return Object.freeze({ ...tool, timeoutMs });
  });
}

function checkHasWork({ name, delegate, hasExternalResult }: Tool): void {
  if (delegate === undefined && !hasExternalResult) return;
  const instead = delegate === undefined ? 'approvalTimeoutMs' : 'limits: { durationMs } of the agent';
  throw new ConfigError(
    `withToolTimeout: tool "${name}" runs no code of its own that a deadline could stop. Omit it, and use ${instead}.`,
  );
}

function renameTool<T extends Tool<never>>(tool: T, name: string): T {
  checkToolName(name);
  return Object.freeze({ ...tool, name });
}

function checkToolNames(
  names: readonly string[],
  { tools, wrapper }: { readonly tools: readonly Tool<never>[]; readonly wrapper: string },
): void {
  const known = tools.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ConfigError(`${wrapper}: there is no tool "${unknown}". The tools are: ${known.join(', ') || 'none'}.`);
}
