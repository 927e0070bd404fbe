import { readEnvironment } from './read-environment.ts';

/** Whether the environment has `PAWL_DEBUG=1`. */
export function isDebugEnabled(): boolean {
  return readEnvironment('PAWL_DEBUG') === '1';
}

/**
 * Writes a debug text to stderr.
 *
 * No other file of core writes to a stream or to the console, except `warn.ts`.
 */
export function writeDebug(text: string): void {
  const { process, console } = globalThis as RuntimeGlobals;
  if (typeof process?.stderr?.write === 'function') process.stderr.write(text);
  else console?.error(text.replace(/\n$/, ''));
}

/** Not every runtime has both globals. */
interface RuntimeGlobals {
  readonly process?: { readonly stderr?: { write?(text: string): unknown } };
  readonly console?: { readonly error: (text: string) => void };
}
