import { ConfigError } from '@pawl/core';

/** @throws ConfigError if a value is not a whole number of 1 or more; the message names the tool and the option. */
export function checkPositive(options: Readonly<Record<string, number>>, tool: string): void {
  for (const [name, value] of Object.entries(options)) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new ConfigError(`Tool "${tool}": ${name} is ${value}. Pass a whole number of 1 or more.`);
  }
}
