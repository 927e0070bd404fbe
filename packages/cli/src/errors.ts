import { type ExitReason, getExitCode } from './exit-code.ts';

export interface CliErrorOptions {
  readonly reason: ExitReason;
  /** Stable, in the form `noun.problem`. */
  readonly code: string;
  readonly cause?: unknown;
}

/** A command cannot do what it was asked for. The message is complete, without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: string;
  readonly exitCode: number;

  constructor(message: string, { reason, code, cause }: CliErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.exitCode = getExitCode(reason);
  }
}

export function createUsageError(message: string, code = 'cli.usage'): CliError {
  return new CliError(message, { reason: 'usage', code });
}

/** Something is wrong with the agent's file, its project or the machine, before a run begins. */
export function createSetupError(message: string, cause?: unknown): CliError {
  return new CliError(message, { reason: 'config', code: 'config.invalid', cause });
}

export interface DescribedError {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
}

/** Returns what a person, or a program, is shown of anything thrown, and the exit code for it. */
export function describeError(error: unknown): DescribedError {
  const { name, message: given, code } = readFields(error);
  const message = code === 'run.unknown' ? describeUnknownRun(given) : given;
  if (error instanceof CliError) return { code: error.code, message, exitCode: error.exitCode };
  return { code: code ?? 'cli.failed', message, exitCode: getExitCode(chooseReason(name, code)) };
}

/** The same for a file and for a server. */
function describeUnknownRun(message: string): string {
  const runId = /run ("[^"]*")/i.exec(message)?.[1];
  return runId === undefined ? message : `There is no run ${runId}. List them: pawl runs`;
}

/** By name and code, not by class: an agent's file may have another copy of core, and a server sends codes only. */
export function chooseReason(name: string, code: string | undefined): ExitReason {
  if (code === 'run.unknown' || code === 'conversation.unknown') return 'usage';
  if (name === 'ConfigError' || code?.startsWith('config.') === true) return 'config';
  if (name === 'HostError' || name === 'ConversationError') return 'host';
  return 'failed';
}

function readFields(error: unknown): { readonly name: string; readonly message: string; readonly code?: string } {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { name: error.name, message: error.message || error.name, ...(code !== undefined && { code }) };
}
