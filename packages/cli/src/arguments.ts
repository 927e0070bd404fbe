import { parseArgs } from 'node:util';
import type { CommandSpec } from './command-spec.ts';
import { createUsageError } from './errors.ts';

/** The parsed arguments of a command. */
export class Arguments {
  readonly command: CommandSpec;
  readonly positionals: readonly string[];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(
    command: CommandSpec,
    {
      values,
      positionals,
    }: { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] },
  ) {
    this.command = command;
    this.#values = values;
    this.positionals = positionals;
  }

  hasFlag(name: string): boolean {
    return this.#read(name) === true;
  }

  getText(name: string): string | undefined {
    const value = this.#read(name);
    return typeof value === 'string' ? value : undefined;
  }

  getTexts(name: string): readonly string[] {
    const value = this.#read(name);
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** Returns a positional argument that the command requires. */
  getPositional(index: number): string {
    return this.positionals[index] ?? '';
  }

  /** Reads a whole number above 0. @throws CliError */
  getCount(name: string, defaultValue: number): number {
    const text = this.getText(name);
    if (text === undefined) return defaultValue;
    if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
    throw createUsageError(`--${name} is ${JSON.stringify(text)}. Pass a whole number above 0.`);
  }

  /** Reads a time such as `30d`, `1h` or `90s`, in milliseconds. @throws CliError */
  getDurationMs(name: string): number | undefined {
    const text = this.getText(name);
    if (text === undefined) return undefined;
    const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
    const unitMs = UNITS_MS[unit];
    if (count !== undefined && unitMs !== undefined) return Number(count) * unitMs;
    throw createUsageError(`--${name} is ${JSON.stringify(text)}. Pass a number and a unit: 30d, 12h, 15m or 90s.`);
  }

  /** @throws Error for an option that the table does not have: a mistake of the command. */
  #read(name: string): unknown {
    if (!Object.hasOwn(this.command.options, name)) throw new Error(`"${this.command.name}" has no option "${name}".`);
    return this.#values[name];
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses what follows the name of a command. @throws CliError for a mistake of the caller */
export function parseCommand(command: CommandSpec, argv: readonly string[]): Arguments {
  const { name, options, positionals } = command;
  const parsed = parse(command, argv);
  const required = positionals.filter((each) => !each.startsWith('[')).length;
  const max = positionals.some((each) => each.endsWith('...')) ? Number.POSITIVE_INFINITY : positionals.length;
  if (parsed.positionals.length < required) {
    throw createUsageError(`${positionals[parsed.positionals.length]} is missing: ${formatUsage(command)}`);
  }
  const extra = parsed.positionals[max];
  if (extra !== undefined) {
    throw createUsageError(`${JSON.stringify(extra)} is too much: ${formatUsage(command)}. Quote a text with spaces.`);
  }
  for (const [option, { value }] of Object.entries(options)) {
    if (value !== undefined && parsed.values[option] === '') {
      throw createUsageError(`--${option} is empty. See: pawl ${name} --help`);
    }
  }
  return new Arguments(command, parsed);
}

function parse({ name, options }: CommandSpec, argv: readonly string[]): ReturnType<typeof parseArgs> {
  const config = Object.fromEntries(
    Object.entries(options).map(([option, { value, isRepeatable }]) => [
      option,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: isRepeatable === true },
    ]),
  );
  try {
    return parseArgs({ args: [...argv], options: config, allowPositionals: true });
  } catch (error) {
    const unknown = /^Unknown option '(--?[^' ]+)/.exec(error instanceof Error ? error.message : '')?.[1];
    if (unknown === undefined) {
      throw createUsageError(`${error instanceof Error ? error.message : String(error)} See: pawl ${name} --help`);
    }
    const known = Object.keys(options).map((option) => `--${option}`);
    throw createUsageError(
      `pawl ${name} has no option ${JSON.stringify(unknown)}. ${known.length === 0 ? 'It has none.' : `Its options: ${known.join(', ')}.`}`,
    );
  }
}

/** Returns the form of a command in one line. */
export function formatUsage({ name, positionals, options }: CommandSpec): string {
  const flags = Object.keys(options).length === 0 ? [] : ['[options]'];
  return ['pawl', name, ...positionals, ...flags].join(' ');
}
