import { isAbsolute } from 'node:path';
import { ConfigError } from '@pawl/core';

/** The default folders to search for programs. */
export const DEFAULT_PATH: readonly string[] = ['/usr/local/bin', '/usr/bin', '/bin'];

export interface EnvironmentOptions {
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Creates the whole environment of a command. Nothing is inherited from this process.
 *
 * @throws ConfigError if a folder, a name or a value is invalid, or a variable makes programs load other code.
 */
export function createEnvironment({ path, env }: EnvironmentOptions, tool: string): Readonly<Record<string, string>> {
  const wrong = path.find((folder) => !isAbsolute(folder) || /[:\0]/.test(folder));
  if (wrong !== undefined)
    throw new ConfigError(
      `Tool "${tool}": path has ${JSON.stringify(wrong)}. Pass absolute folders: a relative one would be searched in the command's working folder.`,
    );
  for (const [name, value] of Object.entries(env)) {
    checkVariable(name, `Tool "${tool}": env`);
    if (typeof value !== 'string' || value.includes('\0'))
      throw new ConfigError(`Tool "${tool}": env has a value for ${name} that is not a text. Pass a text, or omit it.`);
  }
  return { PATH: path.join(':'), ...env };
}

/** @throws ConfigError if a name is not valid in a shell, is PATH, or is read by the system's program loader. */
export function checkVariable(name: string, where: string): void {
  if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new ConfigError(`${where} has the variable ${JSON.stringify(name)}. Pass letters, digits and "_".`);
  if (name === 'PATH') throw new ConfigError(`${where} has the variable PATH. Pass path: ['/usr/bin'].`);
  if (/^(LD|DYLD)_/.test(name))
    throw new ConfigError(
      `${where} has the variable ${name}, which makes every program load other code, also the programs that limit it. Omit it.`,
    );
}
