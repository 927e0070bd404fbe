import { isAbsolute } from 'node:path';
import { ConfigError } from '@pawl/core';

/** Where programs are looked for unless the options say otherwise. */
export const DEFAULT_PATH: readonly string[] = ['/usr/local/bin', '/usr/bin', '/bin'];

export interface EnvironmentOptions {
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The whole environment of a command: nothing of this process's.
 *
 * @throws ConfigError for entries that are none, and those that have programs load what they were not told to.
 */
export function createEnvironment({ path, env }: EnvironmentOptions, tool: string): Readonly<Record<string, string>> {
  const wrong = path.find((folder) => !isAbsolute(folder) || /[:\0]/.test(folder));
  if (wrong !== undefined)
    throw new ConfigError(
      `Tool "${tool}": path has ${JSON.stringify(wrong)}. Pass absolute folders: a relative one would be looked for where the command runs.`,
    );
  for (const [name, value] of Object.entries(env)) {
    checkVariable(name, `Tool "${tool}": env`);
    if (typeof value !== 'string' || value.includes('\0'))
      throw new ConfigError(`Tool "${tool}": env has no text for ${name}. Pass one, or leave it out.`);
  }
  return { PATH: path.join(':'), ...env };
}

/** @throws ConfigError for a name that no shell could read, and one that the tool or the loader of programs reads. */
export function checkVariable(name: string, where: string): void {
  if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new ConfigError(`${where} has the variable ${JSON.stringify(name)}. Pass letters, digits and "_".`);
  if (name === 'PATH') throw new ConfigError(`${where} has the variable PATH. Pass path: ['/usr/bin'].`);
  if (/^(LD|DYLD)_/.test(name))
    throw new ConfigError(
      `${where} has the variable ${name}, by which every program loads other code, those that hold it to its limits too. Leave it out.`,
    );
}
