import { ConfigError, type JsonObject } from '@pawl/core';
import { isRecord } from '@pawl/core/model';
import type { OwnOptions } from './options.ts';

/** The options of the package, with their defaults. */
export interface OwnSettings {
  readonly hostedTools: readonly JsonObject[];
  readonly maxKeptBytes: number;
  readonly isReasoning: boolean | undefined;
  readonly reasoningSummary: OwnOptions['reasoningSummary'] | undefined;
}

/** Fills in the defaults. @throws ConfigError for a value that cannot be used */
export function checkOwnOptions(
  { hostedTools = [], maxKeptBytes = 1_048_576, isReasoning, reasoningSummary }: OwnOptions,
  caller: string,
): OwnSettings {
  if (!(maxKeptBytes >= 0)) {
    throw new ConfigError(
      `${caller}: maxKeptBytes is ${maxKeptBytes}. Pass a number of 0 or more, or Infinity for no limit.`,
    );
  }
  const wrong = hostedTools.find((tool) => !isRecord(tool) || typeof tool['type'] !== 'string');
  if (wrong !== undefined) {
    throw new ConfigError(
      `${caller}: hostedTools has ${JSON.stringify(wrong)}, which has no type. Pass objects of the reference: { type: 'web_search' }.`,
    );
  }
  const own = hostedTools.find(({ type }) => type === 'function' || type === 'custom');
  if (own !== undefined) {
    throw new ConfigError(
      `${caller}: hostedTools has a tool of the type "${String(own['type'])}", which the agent runs. Pass it to the agent: tools: [tool({ … })].`,
    );
  }
  return { hostedTools, maxKeptBytes, isReasoning, reasoningSummary };
}
