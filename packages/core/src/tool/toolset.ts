import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import { checkToolName, checkToolNumbers, checkTools, type Tool } from './tool.ts';

// Wrappers around lists of tools. Each gives new tools; those that were passed stay as they are.

/**
 * The same tools under names that begin with a text of yours: tools of two sources may have the same names.
 *
 * @throws ConfigError for a name that can't be sent.
 */
export function prefixTools<T extends Tool<never>>(tools: readonly T[], prefix: string): readonly T[] {
  checkTools(tools, 'prefixTools');
  if (typeof prefix !== 'string')
    throw new ConfigError(`prefixTools: prefix is ${describeValue(prefix)}. Pass a text.`);
  return tools.map((tool) => renameTool(tool, prefix + tool.name));
}

/**
 * The same tools, some under other names.
 *
 * @throws ConfigError for a tool that is not there, and for a name that can't be sent.
 */
export function renameTools<T extends Tool<never>>(
  tools: readonly T[],
  names: Readonly<Record<string, string>>,
): readonly T[] {
  checkTools(tools, 'renameTools');
  if (typeof names !== 'object' || names === null) {
    throw new ConfigError(
      `renameTools: names is ${describeValue(names)}. Pass names by names: { old_name: "new_name" }.`,
    );
  }
  checkToolNames(Object.keys(names), { tools, wrapper: 'renameTools' });
  return tools.map((tool) => {
    const name = Object.hasOwn(names, tool.name) ? names[tool.name] : undefined;
    return name === undefined ? tool : renameTool(tool, name);
  });
}

/**
 * Some of the tools: those of the names given, or those of which a function says so.
 *
 * @throws ConfigError for a name that none of them has.
 */
export function filterTools<T extends Tool<never>>(
  tools: readonly T[],
  which: readonly string[] | ((tool: T) => boolean),
): readonly T[] {
  checkTools(tools, 'filterTools');
  if (typeof which === 'function') return tools.filter(which);
  if (!Array.isArray(which)) {
    throw new ConfigError(
      `filterTools: the second parameter is ${describeValue(which)}. Pass a list of names, or a function.`,
    );
  }
  checkToolNames(which, { tools, wrapper: 'filterTools' });
  const names = new Set(which);
  return tools.filter(({ name }) => names.has(name));
}

/**
 * The same tools with another deadline.
 *
 * @throws ConfigError for a time that is none, and for a tool that runs nothing of its own: an agent has its limit `durationMs`, a tool
 * that is answered from outside its `approvalTimeoutMs`.
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
    `withToolTimeout: tool "${name}" runs nothing of its own that a deadline could end. Leave it out, and use ${instead}.`,
  );
}

function renameTool<T extends Tool<never>>(tool: T, name: string): T {
  checkToolName(name);
  return Object.freeze({ ...tool, name });
}

interface ToolNameCheck {
  readonly tools: readonly Tool<never>[];
  readonly wrapper: string;
}

function checkToolNames(names: readonly string[], { tools, wrapper }: ToolNameCheck): void {
  const known = tools.map(({ name }) => name);
  const stranger = names.find((name) => !known.includes(name));
  if (stranger === undefined) return;
  throw new ConfigError(`${wrapper}: there is no tool "${stranger}". The tools are: ${known.join(', ') || 'none'}.`);
}
