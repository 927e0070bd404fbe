import type { OpenAIOptions } from '@pawl/core';

interface Case {
  readonly over: string;
  readonly options: Pick<OpenAIOptions, 'fetch'>;
}

/** Both ways over HTTP, for tests that hold for each. */
export const transports: readonly Case[] = [
  { over: "the platform's transport", options: {} },
  { over: 'fetch', options: { fetch: (url, init) => fetch(url, init) } },
];

/** Each of the cases, over each transport. */
export function overEach<T>(cases: readonly T[]): readonly (T & Case)[] {
  return transports.flatMap((transport) => cases.map((given) => ({ ...given, ...transport })));
}
