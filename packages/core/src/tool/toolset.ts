import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import { checkName, checkNumbers, checkTools, type Tool } from './tool.ts';

// Wrappers around lists of tools. Each gives new tools; those that were passed stay as they are.

/**
 * The same tools under names that begin with a text of yours: tools of two sources may have the same names.
 *
 * @throws ConfigError for a name that can't be sent.
 */
export function prefixTools<Context>(tools: readonly Tool<Context>[], prefix: string): readonly Tool<Context>[] {
  checkTools(tools, 'prefixTools');
  if (typeof prefix !== 'string')
    throw new ConfigError(`prefixTools: prefix is ${describeValue(prefix)}. Pass a text.`);
  return tools.map((tool) => renamed(tool, prefix + tool.name));
}

/**
 * The same tools, some under other names.
 *
 * @throws ConfigError for a tool that is not there, and for a name that can't be sent.
 */
export function renameTools<Context>(
  tools: readonly Tool<Context>[],
  names: Readonly<Record<string, string>>,
): readonly Tool<Context>[] {
  checkTools(tools, 'renameTools');
  if (typeof names !== 'object' || names === null) {
    throw new ConfigError(
      `renameTools: names is ${describeValue(names)}. Pass names by names: { old_name: "new_name" }.`,
    );
  }
  checkKnown(Object.keys(names), { tools, wrapper: 'renameTools' });
  return tools.map((tool) => {
    const name = Object.hasOwn(names, tool.name) ? names[tool.name] : undefined;
    return name === undefined ? tool : renamed(tool, name);
  });
}

/**
 * Some of the tools: those of the names given, or those of which a function says so.
 *
 * @throws ConfigError for a name that none of them has.
 */
export function filterTools<Context>(
  tools: readonly Tool<Context>[],
  which: readonly string[] | ((tool: Tool<Context>) => boolean),
): readonly Tool<Context>[] {
  checkTools(tools, 'filterTools');
  if (typeof which === 'function') return tools.filter(which);
  if (!Array.isArray(which)) {
    throw new ConfigError(
      `filterTools: the second parameter is ${describeValue(which)}. Pass a list of names, or a function.`,
    );
  }
  checkKnown(which, { tools, wrapper: 'filterTools' });
  const names = new Set(which);
  return tools.filter(({ name }) => names.has(name));
}

/**
 * The same tools with another deadline.
 *
 * @throws ConfigError for a time that is none, and for a tool that runs nothing of its own: an agent has its limit `durationMs`, a tool
 * that is answered from outside its `approvalTimeoutMs`.
 */
export function withTimeout<Context>(tools: readonly Tool<Context>[], timeoutMs: number): readonly Tool<Context>[] {
  checkTools(tools, 'withTimeout');
  return tools.map((tool) => {
    checkNumbers({ name: tool.name, timeoutMs });
    checkOwn(tool);
    return Object.freeze({ ...tool, timeoutMs });
  });
}

function checkOwn({ name, delegate, isAnsweredOutside }: Tool): void {
  if (delegate === undefined && !isAnsweredOutside) return;
  const instead = delegate === undefined ? 'approvalTimeoutMs' : 'limits: { durationMs } of the agent';
  throw new ConfigError(
    `withTimeout: tool "${name}" runs nothing of its own that a deadline could end. Leave it out, and use ${instead}.`,
  );
}

function renamed<Context>(tool: Tool<Context>, name: string): Tool<Context> {
  checkName(name);
  return Object.freeze({ ...tool, name });
}

interface Known {
  readonly tools: readonly Tool<never>[];
  readonly wrapper: string;
}

function checkKnown(names: readonly string[], { tools, wrapper }: Known): void {
  const known = tools.map(({ name }) => name);
  const stranger = names.find((name) => !known.includes(name));
  if (stranger === undefined) return;
  throw new ConfigError(`${wrapper}: there is no tool "${stranger}". The tools are: ${known.join(', ') || 'none'}.`);
}
