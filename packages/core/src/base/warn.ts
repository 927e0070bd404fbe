/** Warns the operator about a problem that no caller can receive. On Node it uses `process.emitWarning`, so that an application can listen. */
export function warn(message: string, code: string): void {
  const { process, console } = globalThis as RuntimeGlobals;
  if (typeof process?.emitWarning === 'function') process.emitWarning(message, { type: 'PawlWarning', code });
  else console?.warn(`${code}: ${message}`);
}

/** Not every runtime has both globals. */
interface RuntimeGlobals {
  readonly process?: { emitWarning?(message: string, options: { readonly type: string; readonly code: string }): void };
  readonly console?: { warn(message: string): void };
}
