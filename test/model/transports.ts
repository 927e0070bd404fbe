import type { OpenAIOptions } from '@pawl/core';

interface Case {
  readonly over: string;
  readonly options: Pick<OpenAIOptions, 'fetch'>;
}

/** Both transports, for tests that apply to each. */
export const transports: readonly Case[] = [
  { over: "the platform's transport", options: {} },
  { over: 'fetch', options: { fetch: (url, init) => fetch(url, init) } },
];

/** Combines each case with each transport. */
export function combineWithTransports<T>(cases: readonly T[]): readonly (T & Case)[] {
  return transports.flatMap((transport) => cases.map((given) => ({ ...given, ...transport })));
}
