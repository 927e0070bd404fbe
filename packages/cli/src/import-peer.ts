import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { createSetupError } from './errors.ts';

/**
 * Imports a package that not everybody needs: of the agent's project, otherwise beside the CLI.
 *
 * @param load - imports it beside the CLI
 * @throws CliError if it is not installed
 */
export async function importPeer<Module>(
  specifier: string,
  { from, load }: { readonly from: string; readonly load: () => Promise<Module> },
): Promise<Module> {
  const [scope = '', name = ''] = specifier.split('/');
  try {
    const found = resolve(specifier, from);
    // The same package in another place.
    return found === undefined ? await load() : ((await import(found)) as Module);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw createSetupError(`This command needs ${scope}/${name}. Install it: npm install ${scope}/${name}`, error);
  }
}

function resolve(specifier: string, from: string): string | undefined {
  try {
    return pathToFileURL(createRequire(from).resolve(specifier)).href;
  } catch {
    return undefined;
  }
}
