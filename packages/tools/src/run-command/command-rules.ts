import { ConfigError } from '@pawl/core';

/**
 * An argument: this text; a text that matches as a whole; or, as the last one, any number of those. A pattern never matches an argument that
 * begins with `-`: options are written out.
 */
export type ArgumentPattern = string | RegExp | { readonly rest: RegExp };

/** A command, argument by argument; the program first, as a text. */
export type CommandPattern = readonly [program: string, ...args: ArgumentPattern[]];

interface CommandRule {
  readonly fixed: readonly ((argument: string) => boolean)[];
  readonly rest: ((argument: string) => boolean) | undefined;
}

/** Which commands are meant by patterns of them. */
export class CommandRules {
  readonly #rules: readonly CommandRule[];

  /** @throws ConfigError for patterns that are none, naming the option. */
  constructor(
    patterns: readonly CommandPattern[],
    { tool, option }: { readonly tool: string; readonly option: string },
  ) {
    const where = `Tool "${tool}": ${option}`;
    if (!Array.isArray(patterns)) throw new ConfigError(`${where} is no list. Pass some, such as [['npm', 'test']].`);
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
    throw new ConfigError(`${where} has ${JSON.stringify(pattern)}, which is no command. Pass ${example}.`);
  }
  const last: unknown = pattern.at(-1);
  const hasRest = isRest(last);
  const fixed = (hasRest ? pattern.slice(0, -1) : pattern).map((argument: unknown) => {
    if (typeof argument === 'string') return (given: string) => given === argument;
    if (argument instanceof RegExp) return createMatcher(argument);
    throw new ConfigError(
      `${where} has an argument of ${JSON.stringify(pattern)} that is no pattern. Pass ${example}.`,
    );
  });
  return { fixed, rest: hasRest ? createMatcher(last.rest) : undefined };
}

function isRest(argument: unknown): argument is { readonly rest: RegExp } {
  return typeof argument === 'object' && argument !== null && 'rest' in argument && argument.rest instanceof RegExp;
}

/** As a whole, from the first sign to the last one, also where there are line breaks; and with no memory of the last match. */
function createMatcher({ source, flags }: RegExp): (argument: string) => boolean {
  const whole = new RegExp(`^(?:${source})$`, flags.replaceAll(/[gym]/g, ''));
  return (argument) => !argument.startsWith('-') && whole.test(argument);
}
