import { ConfigError, checkOptions, type OptionTable, ToolError } from '@pawl/core';
import { checkVariable } from './command-environment.ts';
import { type CommandPattern, CommandRules } from './command-rules.ts';

/** A credential for commands. The model knows its name and nothing else. */
export interface CommandSecret {
  /** The environment variable that contains it, such as `NPM_TOKEN`. */
  readonly variable: string;
  /** The commands that may receive it. */
  readonly commands: readonly CommandPattern[];
  /** Returns the value. Called for each call, right before the command starts. */
  readonly value: () => string | Promise<string>;
}

/** The fields are checked below: an error must not quote a credential. */
const COMMAND_SECRET: OptionTable<CommandSecret> = {
  keys: { variable: 'any', commands: 'any', value: 'any' },
  hints: {
    env: 'The option is "variable".',
    name: 'The option is "variable".',
    command: 'The option is "commands", a list.',
    token: 'The option is "value", a function.',
  },
};

interface CommandBoundSecret extends CommandSecret {
  readonly rule: CommandRules;
}

/** The secrets of a tool, by name. */
export class CommandSecrets {
  readonly #secrets: ReadonlyMap<string, CommandBoundSecret>;

  /** @throws ConfigError if a variable, a command or a value is invalid. */
  constructor(secrets: Readonly<Record<string, CommandSecret>>, tool: string) {
    this.#secrets = new Map(
      Object.entries(secrets).map(([name, secret]) => {
        const where = `Tool "${tool}": secret "${name}"`;
        checkOptions(secret, COMMAND_SECRET, where);
        checkVariable(secret.variable, where);
        if (typeof secret.value !== 'function')
          throw new ConfigError(
            `${where} has a value that is not a function. Pass a function: () => process.env.NPM_TOKEN.`,
          );
        const rule = new CommandRules(secret.commands, { tool, option: `commands of secret "${name}"` });
        return [name, { ...secret, rule }];
      }),
    );
  }

  get names(): readonly string[] {
    return [...this.#secrets.keys()];
  }

  getVariable(name: string): string | undefined {
    return this.#secrets.get(name)?.variable;
  }

  /** Returns environment variables for a command. Rejects with a `ToolError`, which never contains a value. */
  async resolveEntries(names: readonly string[], argv: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const bound = names.map((name) => this.#findAllowed(name, argv));
    const entries = bound.map(
      async ({ name, variable, value }) => [variable, await resolveValue(value, name)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  #findAllowed(name: string, argv: readonly string[]): CommandBoundSecret & { readonly name: string } {
    const secret = this.#secrets.get(name);
    if (secret === undefined)
      throw new ToolError(`There is no secret "${name}". Use one of: ${this.names.join(', ') || 'none'}.`);
    if (!secret.rule.matches(argv)) throw new ToolError(`Secret "${name}" is not for this command. Nothing was run.`);
    return { ...secret, name };
  }
}

async function resolveValue(value: CommandSecret['value'], name: string): Promise<string> {
  try {
    const found: unknown = await value();
    if (typeof found === 'string' && found !== '' && !found.includes('\0')) return found;
  } catch {
    // The error's message may contain the value.
  }
  throw new ToolError(`Secret "${name}" has no value. Nothing was run. Tell the user that it is not set up.`);
}
