import type { LimitName, Limits } from '@pawl/core';
import type { Arguments } from './arguments.ts';
import { createUsageError } from './errors.ts';

const NAMES: Readonly<Record<LimitName, true>> = {
  turns: true,
  toolCalls: true,
  handoffs: true,
  requests: true,
  tokens: true,
  cost: true,
  durationMs: true,
};

/** Reads `--limit cost=0.10`. @throws CliError */
export function readLimits(args: Arguments): Limits {
  return Object.fromEntries(args.getTexts('limit').map(readLimit));
}

function readLimit(text: string): readonly [name: string, value: number] {
  const [, name = '', value = ''] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (Object.hasOwn(NAMES, name) && Number(value) > 0) return [name, Number(value)];
  throw createUsageError(
    `--limit is ${JSON.stringify(text)}. Pass a limit and a number above 0, such as cost=0.10. The limits: ${Object.keys(NAMES).join(', ')}.`,
  );
}
