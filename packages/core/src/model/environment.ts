/** What the surroundings say where a definition says nothing. The only place that reads the environment. */
export function environment(): Environment {
  // Other runtimes have no `process`; reading it where it exists may be forbidden (Deno).
  try {
    const { env } = (globalThis as Surroundings).process ?? {};
    return {
      apiKey: env?.['OPENAI_API_KEY']?.trim() || undefined,
      baseURL: env?.['OPENAI_BASE_URL']?.trim() || undefined,
    };
  } catch {
    return { apiKey: undefined, baseURL: undefined };
  }
}

export interface Environment {
  readonly apiKey: string | undefined;
  readonly baseURL: string | undefined;
}

interface Surroundings {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}
