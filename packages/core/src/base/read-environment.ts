/**
 * What the surroundings say where a definition says nothing; an empty variable counts as none.
 *
 * The only place that reads the environment.
 */
export function readEnvironment(name: string): string | undefined {
  // Other runtimes have no `process`; reading it where it exists may be forbidden (Deno).
  try {
    return (globalThis as RuntimeGlobals).process?.env?.[name]?.trim() || undefined;
  } catch {
    return undefined;
  }
}

interface RuntimeGlobals {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}
