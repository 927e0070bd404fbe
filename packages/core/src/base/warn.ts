/** Warns the operator of something that no caller can be given. On Node by `process.emitWarning`, so that an application can listen to it. */
export function warn(message: string, code: string): void {
  const { process, console } = globalThis as RuntimeGlobals;
  if (typeof process?.emitWarning === 'function') process.emitWarning(message, { type: 'PawlWarning', code });
  else console?.warn(`${code}: ${message}`);
}

/** Not every runtime has both. */
interface RuntimeGlobals {
  readonly process?: { emitWarning?(message: string, options: { readonly type: string; readonly code: string }): void };
  readonly console?: { warn(message: string): void };
}
