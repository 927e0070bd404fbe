import { ConfigError } from '@pawl/core';

/** @throws ConfigError for an option that is none of its choices: a misspelt one must not open anything. */
export function checkChoice(
  value: string,
  { tool, option, choices }: { readonly tool: string; readonly option: string; readonly choices: readonly string[] },
): void {
  if (choices.includes(value)) return;
  throw new ConfigError(
    `Tool "${tool}": ${option} is ${JSON.stringify(value)}. Pass one of: ${choices.map((each) => `'${each}'`).join(', ')}.`,
  );
}
