/** An option of a command. */
export interface OptionSpec {
  /** How the value is named in the help; absent for a flag. */
  readonly value?: string;
  readonly summary: string;
  readonly isRepeatable?: true;
}

/** A command as the help, the guide and the completion show it. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** In their order; `[…]` may be left out, `…...` repeated. */
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
}
