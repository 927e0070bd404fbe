import { createRequire } from 'node:module';
import { createSetupError } from './errors.ts';

/** The copy of core beside the CLI must be of its range: the versions are released together. @throws CliError */
export function checkOwnCore(): void {
  const own = findOwnVersion();
  const core = findVersion(import.meta.url, CORE);
  if (core === undefined)
    throw createSetupError(`pawl needs @pawl/core. Install it: npm install @pawl/core@${getRange(own)}`);
  if (getRange(core) === getRange(own)) return;
  throw createSetupError(
    `This is @pawl/cli ${own}, and the @pawl/core beside it is ${core}. Install those of one version: npm install @pawl/core@${getRange(core)} @pawl/cli@${getRange(core)}`,
  );
}

/** The CLI and the agent's copy of core must know the same runs. A file outside of a project uses the copy of the CLI. @throws CliError */
export function checkAgentCore(file: string): void {
  const own = findOwnVersion();
  const core = findVersion(file, CORE);
  if (core === undefined || getRange(core) === getRange(own)) return;
  throw createSetupError(
    `The project of the agent has @pawl/core ${core}, and this is @pawl/cli ${own}. Install the CLI of that version in the project: npm install --save-dev @pawl/cli@${getRange(core)}`,
  );
}

const CORE = '@pawl/core/package.json';

/** Versions of one range work together: `0.1`, `1`. */
function getRange(version: string): string {
  const [major = '', minor = ''] = version.split('.');
  return major === '0' ? `0.${minor}` : major;
}

function findOwnVersion(): string {
  const version = findVersion(import.meta.url, '../package.json');
  if (version === undefined) throw new Error('The package of the command has no version.');
  return version;
}

function findVersion(from: string, specifier: string): string | undefined {
  try {
    const { version }: { readonly version?: unknown } = createRequire(from)(specifier);
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
