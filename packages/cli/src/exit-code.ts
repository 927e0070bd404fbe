import type { Outcome } from '@pawl/core';

/** Why a command ends. */
export type ExitReason =
  | 'completed'
  | 'failed'
  | 'usage'
  | 'config'
  | 'limited'
  | 'limitedWithoutOutput'
  | 'truncated'
  | 'filtered'
  | 'refused'
  | 'suspended'
  | 'aborted'
  | 'host'
  | 'interrupted'
  | 'brokenPipe'
  | 'terminated';

/** Every exit code, with its meaning for people. The codes are stable. */
export const EXIT_CODES: Readonly<Record<ExitReason, readonly [code: number, meaning: string]>> = {
  completed: [0, 'completed; for other commands: done'],
  failed: [1, 'failed'],
  usage: [2, 'usage: unknown command, agent, run or flag'],
  config: [3, '`ConfigError` while loading or starting'],
  limited: [10, 'limited, with an output'],
  limitedWithoutOutput: [11, 'limited, without an output'],
  truncated: [12, 'truncated'],
  filtered: [13, 'filtered'],
  refused: [14, 'refused'],
  suspended: [15, 'suspended: waits for a person or a result (ids on stderr)'],
  aborted: [16, 'aborted or cancelled'],
  host: [70, '`HostError`, or no answer from a server: the run is still there'],
  interrupted: [130, 'interrupted by Ctrl-C'],
  brokenPipe: [141, 'SIGPIPE: the reader of stdout has gone'],
  terminated: [143, 'SIGTERM'],
};

export function getExitCode(reason: ExitReason): number {
  return EXIT_CODES[reason][0];
}

/** Returns the exit code of a run that ended so. */
export function getOutcomeCode(outcome: Pick<Outcome<unknown>, 'status'> & { readonly output?: unknown }): number {
  if (outcome.status !== 'limited') return getExitCode(outcome.status);
  return getExitCode(outcome.output === undefined ? 'limitedWithoutOutput' : 'limited');
}

export function formatExitCodes(): string {
  return Object.values(EXIT_CODES)
    .map(([code, meaning]) => `${String(code).padStart(4)}  ${meaning.replaceAll('`', '')}\n`)
    .join('');
}
