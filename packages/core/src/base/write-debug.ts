import { environmentVariable } from './read-environment.ts';

/** Whether `PAWL_DEBUG=1` is in the environment. */
export function isDebugging(): boolean {
  return environmentVariable('PAWL_DEBUG') === '1';
}

/**
 * Writes to stderr, for `PAWL_DEBUG`.
 *
 * The only place in core that writes anything anywhere.
 */
export function writeDebug(text: string): void {
  const { process, console } = globalThis as Surroundings;
  if (typeof process?.stderr?.write === 'function') process.stderr.write(text);
  else console?.error(text.replace(/\n$/, ''));
}

/** Not every runtime has both. */
interface Surroundings {
  readonly process?: { readonly stderr?: { write?(text: string): unknown } };
  readonly console?: { error(text: string): void };
}
