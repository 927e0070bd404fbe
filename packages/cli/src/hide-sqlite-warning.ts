type WarningFunction = (warning: string | Error, ...options: readonly unknown[]) => void;

/** Node 22 warns on stderr that `node:sqlite` is experimental, which is nothing that a user of the command can change. Other warnings stay. */
export function hideSqliteWarning(): void {
  const emitWarning = process.emitWarning as WarningFunction; // Its overloads are one function.
  process.emitWarning = (warning: string | Error, ...options: readonly unknown[]): void => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return;
    emitWarning.call(process, warning, ...options);
  };
}
