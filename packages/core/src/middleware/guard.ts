import { addBrand, hasBrand } from '../base/brand.ts';
import { withDeadline } from '../base/deadline.ts';
import { ConfigError, HostError, PawlError } from '../base/errors.ts';
import { type AnyOptionTable, checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import { getErrorMessage } from '../event/error-data.ts';
import type { MiddlewareScope } from '../perform/middleware.ts';
import { isRunEndError, RefuseRun } from '../tool/errors.ts';

/** The options of every guard. */
export interface GuardOptions {
  /** The name of the guard in outcomes, errors and texts for the model. */
  readonly name: string;
  /** The deadline of a check, in milliseconds. A later verdict counts as a failure. @defaultValue 30_000 */
  readonly timeoutMs?: number;
}

/** Lets the content pass unchanged. */
export interface GuardAllow {
  readonly type: 'allow';
}

/** Ends the run as `refused` with this reason. */
export interface GuardRefuse {
  readonly type: 'refuse';
  readonly reason: string;
}

/** A guard failed to give a verdict, so the content did not pass. */
export class GuardError extends PawlError {
  override readonly name = 'GuardError';
  readonly guard: string;

  constructor(message: string, { guard, cause }: { readonly guard: string; readonly cause?: unknown }) {
    super(message, { code: 'guard.failed', cause });
    this.guard = guard;
    addBrand(this, 'GuardError');
  }

  static override isInstance(error: unknown): error is GuardError {
    return hasBrand(error, 'GuardError');
  }
}

export type VerdictFields = Readonly<Record<string, 'text' | 'list' | 'any'>>;

export interface GuardCheck<Verdict, Context> extends GuardOptions {
  readonly scope: MiddlewareScope<Context>;
  /** The allowed verdicts by type, with their required fields. */
  readonly verdicts: Readonly<Record<string, VerdictFields>>;
  readonly check: (scope: MiddlewareScope<Context>) => Verdict | Promise<Verdict>;
}

/**
 * Runs a guard's check and returns its verdict. A refusal throws `RefuseRun`. Fails closed: a check that throws, exceeds its deadline or
 * returns an unknown verdict throws a `GuardError`.
 */
export async function runGuard<Verdict extends { readonly type: string; readonly reason?: string }, Context>({
  name: guard,
  timeoutMs = 30_000,
  scope,
  verdicts,
  check,
}: GuardCheck<Verdict, Context>): Promise<Exclude<Verdict, GuardRefuse>> {
  const { clock, signal } = scope;
  const makeTimeoutError = (): Error =>
    new GuardError(`Guard "${guard}" gave no verdict within ${timeoutMs / 1000} s.`, { guard });
  try {
    const verdict = await withDeadline((timed) => check({ ...scope, signal: timed.signal }), {
      clock,
      signal,
      timeoutMs,
      timeoutError: makeTimeoutError,
    });
    if (verdict?.type === 'refuse' && typeof verdict.reason === 'string')
      throw new RefuseRun(verdict.reason, { guard });
    const fields = Object.hasOwn(verdicts, String(verdict?.type)) ? verdicts[verdict.type] : undefined;
    if (fields !== undefined) {
      checkFields(verdict, fields);
      return verdict as Exclude<Verdict, GuardRefuse>; // Refusals were handled above.
    }
    const types = Object.keys(verdicts).join(' | ');
    const shown = JSON.stringify(verdict) ?? 'nothing';
    throw new ConfigError(`The verdict is ${shown}. Return { type: ${types} | refuse }.`);
  } catch (error) {
    const isForRun = isRunEndError(error) || HostError.isInstance(error) || GuardError.isInstance(error);
    if (isForRun || (signal.aborted && error === signal.reason)) throw error;
    throw new GuardError(`Guard "${guard}" failed: ${getErrorMessage(error)}`, { guard, cause: error });
  }
}

/** Refuses a verdict without its fields: a misspelt replacement would replace the content by nothing. */
function checkFields(verdict: { readonly type: string }, fields: VerdictFields): void {
  for (const [field, kind] of Object.entries(fields)) {
    const value: unknown = Reflect.get(verdict, field);
    const isPresent =
      kind === 'any' ? field in verdict : kind === 'list' ? Array.isArray(value) : typeof value === 'string';
    if (isPresent) continue;
    const fix = kind === 'any' ? '' : ` Return a ${kind}.`;
    throw new ConfigError(
      `The verdict { type: "${verdict.type}" } is incomplete: ${field} is ${describeValue(value)}.${fix}`,
    );
  }
}

/** Checks and returns a guard's options; those of a class instance as a plain object. @throws ConfigError if one is unknown or has a wrong type. */
export function readGuardOptions<Options extends GuardOptions>(
  options: Options,
  table: AnyOptionTable,
  kind: string,
): Options {
  const name: unknown = (options as Partial<Options> | undefined)?.name; // JavaScript callers may omit it.
  return checkOptions(options, table, typeof name === 'string' ? `${kind} "${name}"` : kind);
}

export const GUARD_KEYS: OptionTable<GuardOptions>['keys'] = { name: 'any', timeoutMs: 'number' };

/** @throws ConfigError if the name or the timeout is invalid, or a check is missing. */
export function checkGuardOptions(
  kind: string,
  { name, timeoutMs = 1 }: GuardOptions,
  checks: readonly unknown[],
): void {
  if (typeof name !== 'string' || name === '') {
    throw new ConfigError(`${kind}: name is ${JSON.stringify(name)}. Pass the name of the guard as a text.`);
  }
  if (!(timeoutMs > 0)) {
    throw new ConfigError(`${kind} "${name}": timeoutMs is ${timeoutMs}. Pass a number greater than 0.`);
  }
  const present = checks.filter((check) => check !== undefined);
  if (present.length > 0 && present.every((check) => typeof check === 'function')) return;
  throw new ConfigError(`${kind} "${name}" has no check. Pass a function that returns a verdict: { type: "allow" }.`);
}
