import { readEnvironment } from './read-environment.ts';

/** Whether `PAWL_DEBUG=1` is in the environment. */
export function isDebugEnabled(): boolean {
  return readEnvironment('PAWL_DEBUG') === '1';
}

/**
 * Writes to stderr, for `PAWL_DEBUG`.
 *
 * The only place in core that writes anything anywhere.
 */
export function writeDebug(text: string): void {
  const { process, console } = globalThis as RuntimeGlobals;
  if (typeof process?.stderr?.write === 'function') process.stderr.write(text);
  else console?.error(text.replace(/\n$/, ''));
}

/** Not every runtime has both. */
interface RuntimeGlobals {
  readonly process?: { readonly stderr?: { write?(text: string): unknown } };
  readonly console?: { readonly error: (text: string) => void };
}
