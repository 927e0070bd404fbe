/**
 * Reads an environment variable, trimmed. An empty one counts as absent.
 *
 * No other file of core reads the environment.
 */
export function readEnvironment(name: string): string | undefined {
  // Some runtimes have no `process`, and Deno can forbid reading it.
  try {
    return (globalThis as RuntimeGlobals).process?.env?.[name]?.trim() || undefined;
  } catch {
    return undefined;
  }
}

interface RuntimeGlobals {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}
