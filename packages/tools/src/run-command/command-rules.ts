import { ConfigError } from '@pawl/core';

/**
 * An argument: an exact text, a pattern that matches the whole argument, or, at the end, a pattern for any number of arguments. A pattern
 * never matches an argument that starts with `-`: list options as exact texts.
 */
export type ArgumentPattern = string | RegExp | { readonly rest: RegExp };

/** A command: the program as a text, then its arguments. */
export type CommandPattern = readonly [program: string, ...args: ArgumentPattern[]];

interface CommandRule {
  readonly fixed: readonly ((argument: string) => boolean)[];
  readonly rest: ((argument: string) => boolean) | undefined;
}

/** Matches commands against patterns. */
export class CommandRules {
  readonly #rules: readonly CommandRule[];

  /** @throws ConfigError if a pattern is invalid; the message names the option. */
  constructor(
    patterns: readonly CommandPattern[],
    { tool, option }: { readonly tool: string; readonly option: string },
  ) {
    const where = `Tool "${tool}": ${option}`;
    if (!Array.isArray(patterns))
      throw new ConfigError(`${where} is not a list. Pass a list such as [['npm', 'test']].`);
    this.#rules = patterns.map((pattern: CommandPattern) => createRule(pattern, where));
  }

  matches(argv: readonly string[]): boolean {
    return this.#rules.some(({ fixed, rest }) => {
      if (argv.length < fixed.length || (rest === undefined && argv.length > fixed.length)) return false;
      return argv.every((argument, index) => (fixed[index] ?? rest)?.(argument) === true);
    });
  }
}

function createRule(pattern: readonly unknown[], where: string): CommandRule {
  const example = "['npm', 'test'], or ['git', 'log', { rest: /\\w+/ }]";
  if (!Array.isArray(pattern) || typeof pattern[0] !== 'string' || pattern[0] === '') {
    throw new ConfigError(`${where} has ${JSON.stringify(pattern)}, which is not a command. Pass ${example}.`);
  }
  const last: unknown = pattern.at(-1);
  const hasRest = isRest(last);
  const fixed = (hasRest ? pattern.slice(0, -1) : pattern).map((argument: unknown) => {
    if (typeof argument === 'string') return (actual: string) => actual === argument;
    if (argument instanceof RegExp) return createMatcher(argument);
    throw new ConfigError(`${where} has an invalid argument in ${JSON.stringify(pattern)}. Pass ${example}.`);
  });
  return { fixed, rest: hasRest ? createMatcher(last.rest) : undefined };
}

function isRest(argument: unknown): argument is { readonly rest: RegExp } {
  return typeof argument === 'object' && argument !== null && 'rest' in argument && argument.rest instanceof RegExp;
}

/** Matches a whole argument, across line breaks. The flags g and y are removed: they would keep state between matches. */
function createMatcher({ source, flags }: RegExp): (argument: string) => boolean {
  const whole = new RegExp(`^(?:${source})$`, flags.replaceAll(/[gym]/g, ''));
  return (argument) => !argument.startsWith('-') && whole.test(argument);
}
